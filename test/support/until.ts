import { setTimeout as delay } from 'node:timers/promises';

/** Waits for a condition; fails when it does not come about in time. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  withinMs = 5000,
): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error('The condition did not come about in time.');
    await delay(5);
  }
}
