/**
 * Whether a promise is fulfilled or rejected within this time. Leaves no timer behind. Every
 * notification passes here, hence the plain timer: it costs a twentieth of an `AbortSignal.timeout`.
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
