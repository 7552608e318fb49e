/** A JSON object whose fields have not been checked yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Rejects bytes that are not UTF-8 instead of replacing them by U+FFFD. Skips a leading BOM. */
const UTF8 = new TextDecoder('utf-8', { fatal: true });

/** Parses bytes that hold a JSON object. Returns undefined for any other content. */
export function parseJsonObject(bytes: Uint8Array): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(UTF8.decode(bytes));
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Whether a value that `JSON.parse` returned has at most this many levels of objects and arrays.
 * Parsing is not recursive, but most uses of the result are: `JSON.stringify` overflows the stack at
 * a few thousand levels.
 */
export function isNestedWithin(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return levels > 0 && Object.values(value).every((inner) => isNestedWithin(inner, levels - 1));
}
