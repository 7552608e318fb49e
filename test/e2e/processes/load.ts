import { until } from '../../support/until.js';

/** Work that goes on beside a test until it is stopped, or fails. */
export class Load {
  private readonly done: Promise<unknown>;
  private isOver = false;
  private failure?: unknown;

  /** Repeats the work, so many times side by side. */
  constructor(width: number, work: () => Promise<unknown>) {
    const repeat = async (): Promise<void> => {
      while (!this.isOver) await work();
    };
    this.done = Promise.all(Array.from({ length: width }, repeat));
    // For `until` and `stop` to tell; a test that has failed by itself asks neither.
    this.done.catch((error: unknown) => {
      this.isOver = true;
      this.failure = error;
    });
  }

  /** Waits for a condition; fails as soon as the work does. */
  until(condition: () => boolean, withinMs: number): Promise<void> {
    return until(() => {
      if (this.failure !== undefined) throw this.failure as Error;
      return condition();
    }, withinMs);
  }

  /** Waits for what was begun; fails if any of the work did. */
  async stop(): Promise<void> {
    this.isOver = true;
    await this.done;
  }
}

/** Runs all tasks in this order, so many at a time. */
export async function inParallel(
  width: number,
  tasks: readonly (() => Promise<unknown>)[],
): Promise<void> {
  const queue = tasks.values();
  const work = async (): Promise<void> => {
    for (const task of queue) await task();
  };
  await Promise.all(Array.from({ length: width }, work));
}
