/** Milliseconds since a moment of `performance.now()`. */
export function since(start: number): number {
  return performance.now() - start;
}
