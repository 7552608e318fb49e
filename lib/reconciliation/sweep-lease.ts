import type { Logger } from '@nestjs/common';
import type { NotificationKey, NotificationStore } from '../stores/notification-store.interface.js';
import { errorMessage } from '../utils/error-message.js';

/** How often the lease is renewed before it lapses: two renewals may fail. */
const RENEWALS_PER_LEASE = 3;

/**
 * The right to sweep the complaints of a merchant. It is renewed while the sweep lasts; if this
 * process dies, it lapses, and another process sweeps. When a sweep has ended, nobody gets it until
 * the next one is due.
 */
export class SweepLease {
  private readonly timer: NodeJS.Timeout;
  private renewals: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly store: NotificationStore,
    private readonly key: NotificationKey,
    private readonly token: string,
    private readonly lease: number,
    private readonly logger: Logger,
  ) {
    this.timer = setInterval(() => {
      this.renewals = Promise.all([this.renewals, this.renew()]);
    }, lease / RENEWALS_PER_LEASE);
    this.timer.unref();
  }

  /**
   * Undefined when another process sweeps, or the next sweep is not due yet.
   *
   * @param lease milliseconds
   * @throws whatever the store rejects with
   */
  static async claim(
    store: NotificationStore,
    mchid: string,
    lease: number,
    logger: Logger,
  ): Promise<SweepLease | undefined> {
    const key = { mchid, id: 'reconciliation#sweep' };
    const claim = await store.claim(key, lease);
    return claim.state === 'claimed'
      ? new SweepLease(store, key, claim.token, lease, logger)
      : undefined;
  }

  /** @param pause milliseconds until the next sweep is due */
  async end(pause: number): Promise<void> {
    await this.settle(() => this.store.complete(this.key, this.token, pause));
  }

  /** Lets another process sweep at once. */
  async release(): Promise<void> {
    await this.settle(() => this.store.release(this.key, this.token));
  }

  /** Never rejects: without an answer the lease lapses by itself. */
  private async settle(write: () => Promise<boolean>): Promise<void> {
    clearInterval(this.timer);
    try {
      // A renewal that arrived later would claim it again.
      await this.renewals;
      await write();
    } catch (error) {
      this.warn(error);
    }
  }

  private async renew(): Promise<void> {
    try {
      if (!(await this.store.renew(this.key, this.token, this.lease))) clearInterval(this.timer);
    } catch (error) {
      this.warn(error);
    }
  }

  private warn(error: unknown): void {
    this.logger.warn(
      `The store has not recorded that this process reconciles the complaints of merchant ` +
        `${this.key.mchid}. Another process may reconcile them as well; nothing is handled twice because ` +
        `of that. ${errorMessage(error)}`,
    );
  }
}
