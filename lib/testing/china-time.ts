const CHINA_OFFSET = 8 * 60 * 60 * 1000;

/** RFC 3339 with China's offset, as WeChat Pay writes times: `2015-05-20T13:29:35+08:00`. */
export function toChinaTime(milliseconds: number): string {
  return `${new Date(milliseconds + CHINA_OFFSET).toISOString().slice(0, 19)}+08:00`;
}

/** Days since 1970 of a `yyyy-MM-dd` that exists, or undefined. */
export function parseDay(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{4}-\d{2}-\d{2}$/.test(text)) return undefined;
  const midnight = Date.parse(`${text}T00:00:00Z`);
  // `2026-02-30` is a date to some and becomes another day.
  if (Number.isNaN(midnight) || new Date(midnight).toISOString().slice(0, 10) !== text) {
    return undefined;
  }
  return midnight / (24 * 60 * 60 * 1000);
}
