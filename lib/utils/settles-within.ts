/**
 * Whether a promise settles in time, fulfilled or rejected. Leaves no timer behind. This runs for
 * every notification, so it uses a plain timer: one that an AbortSignal ends costs twenty times as
 * much.
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
