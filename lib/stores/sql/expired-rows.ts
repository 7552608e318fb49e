/** Writes from one removal to the next. */
const WRITES_PER_REMOVAL = 32;

/** Has expired rows removed along the way, a few at a time, without a timer. */
export class ExpiredRows {
  private writes = 0;
  private isRemoving = false;

  constructor(private readonly remove: () => Promise<unknown>) {}

  /** Called after a write. Never rejects: what could not be removed now is removed later. */
  countWrite(): void {
    const isDue = this.writes % WRITES_PER_REMOVAL === 0;
    this.writes += 1;
    if (!isDue || this.isRemoving) return;
    this.isRemoving = true;
    this.remove()
      .catch(() => undefined)
      .finally(() => {
        this.isRemoving = false;
      });
  }
}
