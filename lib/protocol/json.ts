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
