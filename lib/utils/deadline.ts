/** A time limit that starts when it is created. Its clock is monotonic: it never jumps. */
export class Deadline {
  private readonly start = performance.now();

  constructor(private readonly limitInMs: number) {}

  /** Milliseconds since the start. */
  elapsed(): number {
    return performance.now() - this.start;
  }

  /** Milliseconds until the limit; 0 once it has passed. */
  timeLeft(): number {
    return Math.max(0, this.limitInMs - this.elapsed());
  }
}
