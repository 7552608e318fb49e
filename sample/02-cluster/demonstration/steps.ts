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

/** Runs a demonstration until it ends or is interrupted. Unless it has passed, the exit code becomes 1. */
export async function runToEnd(demonstrate: () => Promise<boolean>): Promise<void> {
  const interrupted = new Promise<never>((_, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => {
        reject(new Error(`Stopped by ${signal}.`));
      });
    }
  });
  try {
    const passed = await Promise.race([demonstrate(), interrupted]);
    if (!passed) process.exitCode = 1;
  } catch (error) {
    process.exitCode = 1;
    console.error(`\n${String(error)}`);
  }
}
