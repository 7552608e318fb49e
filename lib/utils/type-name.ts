/** The type of a value, for error messages. Never the value itself, which may be a secret. */
export function typeName(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}
