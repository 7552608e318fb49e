/** Names the kind of a value for an error message, never the value: it may be a secret. */
export function typeName(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}
