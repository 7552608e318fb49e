/**
 * A time limit that starts when it is created. It uses `performance.now()`, because the system clock
 * can be set while the app runs.
 */
export class Deadline {
  private readonly start = performance.now();

  constructor(
    /** Milliseconds. */
    readonly limit: number,
  ) {}

  /** Milliseconds since the start. */
  elapsed(): number {
    return performance.now() - this.start;
  }

  /** Milliseconds until the limit, never below 0. */
  timeLeft(): number {
    return Math.max(0, this.limit - this.elapsed());
  }
}
