/** Milliseconds since a moment that `performance.now()` returned. */
export function since(start: number): number {
  return performance.now() - start;
}
