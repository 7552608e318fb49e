import { setTimeout as delay } from 'node:timers/promises';

/** Whether a promise settles in time, in whatever way. Leaves no timer behind. */
export async function isSettledWithin(
  promise: Promise<unknown>,
  milliseconds: number,
): Promise<boolean> {
  const aborter = new AbortController();
  const settled = promise.then(
    () => true,
    () => true,
  );
  const timeUp = delay(milliseconds, false, { signal: aborter.signal }).catch(() => false);
  const isSettled = await Promise.race([settled, timeUp]);
  aborter.abort();
  return isSettled;
}
