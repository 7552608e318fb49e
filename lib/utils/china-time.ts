const CHINA_OFFSET = 8 * 60 * 60 * 1000;
const TIME = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)\s*(Z|[+-]\d{2}:?\d{2})?$/i;

/**
 * Milliseconds since 1970 of a time that WeChat Pay wrote, such as `2015-05-20T13:29:35+08:00`. Without
 * an offset it is China Standard Time. Undefined when it cannot be read.
 */
export function parseChinaTime(text: string | undefined): number | undefined {
  const match = TIME.exec(text?.trim() ?? '');
  if (!match) return undefined;
  const [, date = '', time = '', offset = '+08:00'] = match;
  const milliseconds = Date.parse(`${date}T${time}${offset.toUpperCase()}`);
  return Number.isNaN(milliseconds) ? undefined : milliseconds;
}

/** RFC 3339 with China's offset, as WeChat Pay writes times; milliseconds only where there are any. */
export function toChinaTime(milliseconds: number): string {
  const time = new Date(milliseconds + CHINA_OFFSET).toISOString();
  return time.replace(/(?:\.000)?Z$/, '+08:00');
}

/** The day in China, `yyyy-MM-dd`. */
export function chinaDateOf(milliseconds: number): string {
  return new Date(milliseconds + CHINA_OFFSET).toISOString().slice(0, 10);
}
