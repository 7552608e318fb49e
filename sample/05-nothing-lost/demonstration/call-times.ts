const MINUTE = 60_000;

/** Counts calls, to find out how many fell into the busiest minute. */
export class CallTimes {
  private readonly times: number[] = [];

  add(): void {
    this.times.push(performance.now());
  }

  get total(): number {
    return this.times.length;
  }

  /** The most calls within any 60 s. */
  mostInAMinute(): number {
    let most = 0;
    let first = 0;
    for (const [last, time] of this.times.entries()) {
      while ((this.times[first] ?? time) <= time - MINUTE) first += 1;
      most = Math.max(most, last - first + 1);
    }
    return most;
  }
}
