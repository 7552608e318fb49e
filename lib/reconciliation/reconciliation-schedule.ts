import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { AppContext } from '../merchant/app-context.js';
import { MerchantRegistry } from '../merchant/merchant-registry.js';
import { MemoryNotificationStore } from '../stores/memory-notification-store.js';
import type { NotificationStore } from '../stores/notification-store.interface.js';
import { errorMessage } from '../utils/error-message.js';
import { forEachLimited } from '../utils/for-each-limited.js';
import { settlesWithin } from '../utils/settles-within.js';
import { LOGGER_CONTEXT } from '../wechatpay-complaint.constants.js';
import { ComplaintReconciler } from './complaint-reconciler.js';
import { DeadlineListeners } from './deadline-listeners.js';
import { PayloadRoutes } from './payload-routes.js';
import { SweepLease } from './sweep-lease.js';

/** How often a process checks whether a sweep is due: this many times in an interval, or in a minute. */
const LOOKS = 10;
const MINUTE = 60_000;
/** Merchants whose complaints are swept at the same time by one process. */
const MERCHANTS_AT_ONCE = 4;

/**
 * Makes a sweep at every interval, in one of the processes that share the store: the one that claims
 * it. When that one dies, its lease lapses, and another one sweeps.
 */
@Injectable()
export class ReconciliationSchedule implements OnApplicationBootstrap {
  private readonly logger = new Logger(LOGGER_CONTEXT);
  private timer?: NodeJS.Timeout;
  private isStopped = false;
  private sweeping: Promise<void> = Promise.resolve();

  constructor(
    private readonly app: AppContext,
    private readonly merchants: MerchantRegistry,
    private readonly reconciler: ComplaintReconciler,
    private readonly routes: PayloadRoutes,
    private readonly deadlines: DeadlineListeners,
  ) {}

  onApplicationBootstrap(): void {
    const { store, options } = this.app;
    const { isOn, interval } = options.reconciliation;
    if (!isOn) {
      this.warnOfDeadlines();
      return;
    }
    const problem = this.reconciler.problem();
    if (problem !== undefined || !store) {
      this.logger.error(
        `The option reconciliation is on, but nothing is reconciled: ${problem ?? ''}`,
      );
      return;
    }
    this.warnOfRoutes();
    if (interval === false) return;
    if (this.merchants.areLookedUp) {
      this.logger.warn(
        'The option reconciliation is on, but merchants are looked up, so that it is not known whose ' +
          'complaints to reconcile. Set reconciliation: { interval: false }, and call ' +
          'ComplaintReconciler.sweep({ mchids }) from a job of your own.',
      );
      return;
    }
    this.logger.log(
      `Complaints are reconciled every ${interval} ms, ` +
        (store instanceof MemoryNotificationStore
          ? 'by each process on its own: a MemoryNotificationStore belongs to one process'
          : 'by one of the processes that share the store'),
    );
    this.schedule(store, interval, Math.random());
  }

  /** Ends the sweep that is being made, and waits for what it gave to handlers, within a time limit. */
  async stop(limit: number): Promise<void> {
    this.isStopped = true;
    clearTimeout(this.timer);
    await settlesWithin(Promise.all([this.reconciler.stop(limit), this.sweeping]), limit);
  }

  /** Random at first, so that processes which start together do not all look at the same time. */
  private schedule(store: NotificationStore, interval: number, share = 1): void {
    if (this.hasStopped()) return;
    const pause = Math.min(interval / LOOKS, this.app.options.lease, MINUTE) * share;
    this.timer = setTimeout(() => {
      const mchids = this.merchants.list().map(({ mchid }) => mchid);
      this.sweeping = forEachLimited(mchids, MERCHANTS_AT_ONCE, (mchid) =>
        this.sweepIfDue(mchid, store, interval),
      ).finally(() => {
        this.schedule(store, interval);
      });
    }, pause);
    this.timer.unref();
  }

  /** Never rejects. */
  private async sweepIfDue(
    mchid: string,
    store: NotificationStore,
    interval: number,
  ): Promise<void> {
    if (this.hasStopped()) return;
    const start = performance.now();
    let lease: SweepLease | undefined;
    try {
      lease = await SweepLease.claim(store, mchid, this.app.options.lease, this.logger);
      if (!lease) return;
      await this.reconciler.sweepMerchant(mchid);
    } catch (error) {
      if (!this.hasStopped()) {
        this.logger.warn(
          `The complaints of merchant ${mchid} could not be reconciled, the next sweep tries again: ` +
            errorMessage(error),
        );
      }
    }
    if (this.hasStopped()) await lease?.release();
    else await lease?.end(interval - (performance.now() - start));
  }

  private hasStopped(): boolean {
    return this.isStopped;
  }

  private warnOfDeadlines(): void {
    const methods = this.deadlines.methods().map(({ name }) => name);
    if (methods.length === 0) return;
    this.logger.warn(
      `${methods.join(', ')} with @OnComplaintDeadline(): sweeps call it, and the option reconciliation is off. ` +
        'Set reconciliation: {}, or call ComplaintReconciler.sweep() from a job of your own.',
    );
  }

  private warnOfRoutes(): void {
    const others = this.routes.others();
    if (others.length > 0) {
      this.logger.warn(
        `What reconciliation finds does not reach ${others.join(', ')}: it cannot be called without a request. ` +
          'Take nothing but @ComplaintPayload() in a method with @ComplaintNotification(), or use @OnComplaint().',
      );
    }
    const [first, ...further] = this.routes.names();
    if (first !== undefined && further.length > 0) {
      this.logger.warn(
        `What reconciliation finds reaches ${first} only, not ${further.join(', ')}: ` +
          'a notification goes to one route as well.',
      );
    }
  }
}
