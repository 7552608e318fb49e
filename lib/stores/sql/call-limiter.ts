/** How many calls may be without a response beyond their time limit before others are rejected at once. */
const MAX_OVERDUE = 64;
/** Milliseconds after which a call is no longer expected to respond: its driver may have lost it. */
const FORGOTTEN = 60_000;

/** A call that has taken longer than its limit. */
export class CallTimeout extends Error {}

/**
 * Limits the time of calls to a database. Drivers and their pools wait for as long as they like, and a
 * call cannot be taken back from them: it goes on, and what comes of it is reported as late.
 */
export class CallLimiter {
  private overdue = 0;

  constructor(
    /** Milliseconds. */
    private readonly limit: number,
  ) {}

  /**
   * @param call can ask `isLate` whether its result is still awaited
   * @param onLate runs once the call has settled after its limit, fulfilled or rejected
   * @throws CallTimeout, and whatever the call rejects with in time
   */
  run<T>(call: (isLate: () => boolean) => Promise<T>, onLate?: () => void): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.overdue >= MAX_OVERDUE) {
        reject(new CallTimeout(`${this.overdue} earlier calls are still without a response`));
        return;
      }
      let isLate = false;
      let stopCounting: (() => void) | undefined;
      const timer = setTimeout(() => {
        isLate = true;
        stopCounting = this.countOverdue();
        reject(new CallTimeout(`no response within ${this.limit} ms`));
      }, this.limit);
      const settle = (): void => {
        clearTimeout(timer);
        stopCounting?.();
        if (isLate) onLate?.();
      };
      call(() => isLate)
        .finally(settle)
        .then(resolve, reject);
    });
  }

  /** @returns a function that ends the count, which otherwise ends by itself */
  private countOverdue(): () => void {
    let isCounted = true;
    const stop = (): void => {
      if (isCounted) this.overdue -= 1;
      isCounted = false;
    };
    const timer = setTimeout(stop, FORGOTTEN).unref();
    this.overdue += 1;
    return () => {
      clearTimeout(timer);
      stop();
    };
  }
}
