const CHINA_OFFSET = 8 * 60 * 60 * 1000;

/** RFC 3339 with China's offset, as WeChat Pay writes times: `2015-05-20T13:29:35+08:00`. */
export function toChinaTime(milliseconds: number): string {
  return `${new Date(milliseconds + CHINA_OFFSET).toISOString().slice(0, 19)}+08:00`;
}
