/**
 * Whether a promise settles in time, in whatever way. Leaves no timer behind. On the way of every
 * notification: a plain timer costs a twentieth of one that an AbortSignal ends.
 */
export function settlesWithin(promise: Promise<unknown>, milliseconds: number): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds, false);
    const settle = (): void => {
      clearTimeout(timer);
      resolve(true);
    };
    promise.then(settle, settle);
  });
}
