import type { JsonObject } from '../../../utils/json.js';
import { paramError, RequestRejection } from '../simulated-response.js';
import type { SimulatedImages } from '../state/simulated-images.js';

const DAY = 24 * 60 * 60 * 1000;
const MAX_IMAGES = 4;

/** How every reader rejects a field: with a PARAM_ERROR that names it. */
export function reject(
  field: string,
  value: unknown,
  issue: string,
  location?: 'body' | 'query',
): never {
  throw new RequestRejection(paramError(field, value, issue, location));
}

/** A date of a query, `yyyy-MM-dd`, as days since 1970. */
export function readDay(name: string, text: string): number {
  const time = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(text) : NaN;
  // Date.parse turns the 30th of February into the 2nd of March.
  const isDate = !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
  return isDate ? time / DAY : reject(name, text, '日期格式应为 yyyy-MM-dd', 'query');
}

export function readCount(
  query: URLSearchParams,
  name: string,
  { byDefault, min, max = Infinity }: { byDefault: number; min: number; max?: number },
): number {
  const text = query.get(name);
  if (text === null) return byDefault;
  const count = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
  return count >= min && count <= max ? count : reject(name, text, '取值超出范围', 'query');
}

export function readText(body: JsonObject, name: string, maxLength: number): string {
  return readOptionalText(body, name, maxLength) || reject(name, body[name], '不能为空');
}

export function readOptionalText(
  body: JsonObject,
  name: string,
  maxLength: number,
): string | undefined {
  const value = body[name];
  if (value === undefined) return undefined;
  if (typeof value !== 'string') return reject(name, value, '应为字符串');
  const { length } = Array.from(value);
  return length > maxLength ? reject(name, value, `长度超过${maxLength}个字符`) : value;
}

/** Media ids of uploaded images. */
export function readMediaIds(
  body: JsonObject,
  name: string,
  images: SimulatedImages,
): readonly string[] {
  const value = body[name] ?? [];
  const areUploads = (list: unknown): list is string[] =>
    Array.isArray(list) &&
    list.every((id) => typeof id === 'string' && images.uploaded(id) !== undefined);
  if (!areUploads(value)) return reject(name, value, '图片不存在，请先上传');
  return value.length > MAX_IMAGES ? reject(name, value, `最多${MAX_IMAGES}张图片`) : value;
}
