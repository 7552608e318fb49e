import { setTimeout as delay } from 'node:timers/promises';

let steps = 0;

/** Runs one step and prints its result. */
export async function step<T>(
  name: string,
  run: () => Promise<T>,
  describe: (result: T) => string,
): Promise<T> {
  steps += 1;
  console.log(`\n${steps}. ${name}`);
  const result = await run();
  console.log(`   ok: ${describe(result)}`);
  return result;
}

/** Polls until a condition holds, for at most 30 s. */
export async function until(
  condition: string,
  holds: () => boolean | Promise<boolean>,
  interval = 50,
): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`Not within 30 s: ${condition}.`);
    await delay(interval);
  }
}
