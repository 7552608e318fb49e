/**
 * Readers for complaints and histories. WeChat Pay sends some parts in more shapes than it
 * documents: one object or an array of them, a text or an object around it, a field or none. A part
 * that cannot be read is left out, because an odd field must not hide a complaint.
 */

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** The objects among one value or an array of values. */
export function objects(value: unknown): Readonly<Record<string, unknown>>[] {
  return [value].flat().filter(isObject);
}

/** The non-empty texts among one value or an array of values. */
export function texts(value: unknown): string[] {
  return [value]
    .flat()
    .filter((text) => typeof text === 'string')
    .filter((text) => text !== '');
}

/** A text, or the `text` of an object; undefined when there is none. */
export function textOf(value: unknown): string | undefined {
  return texts(isObject(value) ? value.text : value)[0];
}

export function isTrue(value: unknown): boolean {
  return value === true;
}

export function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

/** Milliseconds since 1970 of an RFC 3339 text; undefined when it is none. */
export function timeOf(value: unknown): number | undefined {
  const time = typeof value === 'string' ? Date.parse(value) : NaN;
  return Number.isNaN(time) ? undefined : time;
}

/** The URLs of `complaint_media_list`. */
export function mediaUrls(media: unknown): string[] {
  return objects(media).flatMap(({ media_url }) => texts(media_url));
}
