import { setTimeout as delay } from 'node:timers/promises';

/** Waits until a condition is true. Rejects when it is not true in time. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  withinMs = 5000,
): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`The condition was not true within ${withinMs} ms.`);
    await delay(5);
  }
}
