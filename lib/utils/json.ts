/** A JSON object of which nothing but its being an object is known. */
export type JsonObject = Readonly<Record<string, unknown>>;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Strict: bytes that are not UTF-8 are an error, never U+FFFD. A leading BOM is skipped. */
const UTF8 = new TextDecoder('utf-8', { fatal: true });

/** The JSON object in these bytes, or undefined when they hold anything else. */
export function parseJsonObject(bytes: Uint8Array): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(UTF8.decode(bytes));
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Whether a value of `JSON.parse` has at most so many levels of objects and arrays. Parsing is not
 * recursive, but nearly all that is done with the result is: `JSON.stringify` fails on some
 * thousand levels.
 */
export function isNestedWithin(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return levels > 0 && Object.values(value).every((inner) => isNestedWithin(inner, levels - 1));
}
