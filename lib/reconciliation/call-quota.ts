import { setTimeout as delay } from 'node:timers/promises';
import type { NotificationStore } from '../stores/notification-store.interface.js';

const MINUTE = 60_000;
/** A minute is cut into slices of 3 s, or longer ones when fewer calls are allowed than slices. */
const MOST_SLICES = 20;
/** A claimed slice is forgotten after this many times its length: no process claims it that late. */
const SLICES_KEPT = 3;

/**
 * Limits the calls of one kind, of all processes together, to a number in any minute. Time is cut into
 * slices, each with its share of the calls; who claims a slice in the store makes them. A minute
 * touches one slice more than fit into it, so the shares leave room for that one.
 */
export class CallQuota {
  private readonly length: number;
  private readonly share: number;
  /** The slice that this process has claimed last. */
  private slice = -Infinity;
  private left = 0;
  /** One caller at a time looks for a slice. */
  private turn: Promise<void> = Promise.resolve();

  constructor(
    private readonly store: NotificationStore,
    private readonly mchid: string,
    /** Name of the kind of calls, part of a key in the store. */
    private readonly kind: string,
    callsPerMinute: number,
  ) {
    const slices = Math.min(MOST_SLICES, callsPerMinute - 1);
    this.length = MINUTE / slices;
    this.share = Math.floor(callsPerMinute / (slices + 1));
  }

  /**
   * Resolves when one more call may be made.
   *
   * @throws whatever the store rejects with, and the reason of the signal
   */
  take(signal: AbortSignal): Promise<void> {
    const taken = this.turn.then(() => this.takeNext(signal));
    this.turn = taken.catch(() => undefined);
    return taken;
  }

  private async takeNext(signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      const now = Date.now();
      const current = Math.floor(now / this.length);
      if (current === this.slice && this.left > 0) {
        this.left -= 1;
        return;
      }
      if (current === this.slice || !(await this.claim(current))) {
        await delay((current + 1) * this.length - now, undefined, { signal });
      }
    }
  }

  private async claim(slice: number): Promise<boolean> {
    const id = `quota#${this.kind}#${slice}`;
    const { state } = await this.store.claim({ mchid: this.mchid, id }, SLICES_KEPT * this.length);
    if (state !== 'claimed') return false;
    this.slice = slice;
    this.left = this.share;
    return true;
  }
}
