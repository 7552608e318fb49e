import { until } from '../../support/until.js';

/** Work that is repeated in the background of a test until it is stopped or fails. */
export class Load {
  private readonly done: Promise<unknown>;
  private isOver = false;
  private failure?: unknown;

  /** @param width how many repetitions run at a time */
  constructor(width: number, work: () => Promise<unknown>) {
    const repeat = async (): Promise<void> => {
      while (!this.isOver) await work();
    };
    this.done = Promise.all(Array.from({ length: width }, repeat));
    // `until` and `stop` report it. A test that has failed by itself calls neither.
    this.done.catch((error: unknown) => {
      this.isOver = true;
      this.failure = error;
    });
  }

  /** Waits for a condition, and fails as soon as the work does. */
  until(condition: () => boolean, withinMs: number): Promise<void> {
    return until(() => {
      if (this.failure !== undefined) throw this.failure as Error;
      return condition();
    }, withinMs);
  }

  /** Waits for the work that has started, and fails if any of it did. */
  async stop(): Promise<void> {
    this.isOver = true;
    await this.done;
  }
}

/** Runs all tasks in their order, at most `width` at a time. */
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
