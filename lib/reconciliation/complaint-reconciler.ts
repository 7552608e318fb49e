import { Injectable, Logger } from '@nestjs/common';
import { publishSweep, type SweepEvent } from '../diagnostics/diagnostics.js';
import { assertArguments } from '../http/request-arguments.js';
import { ComplaintDispatcher } from '../listeners/complaint-dispatcher.js';
import { ComplaintListenerExplorer } from '../listeners/complaint-listener.explorer.js';
import { MerchantContext } from '../merchant/merchant-context.js';
import { ComplaintNotificationException } from '../notifications/complaint-notification.exception.js';
import type { ComplaintNotificationPayload } from '../notifications/complaint-notification-payload.interface.js';
import {
  type ComplaintStore,
  remembersComplaints,
} from '../stores/notification-store.interface.js';
import { Deadline } from '../utils/deadline.js';
import { settlesWithin } from '../utils/settles-within.js';
import { LOGGER_CONTEXT } from '../wechatpay-complaint.constants.js';
import { CallQuota } from './call-quota.js';
import { ComplaintSource } from './complaint-source.js';
import { ComplaintSweep, type SweepHandlers, type SweepRange } from './complaint-sweep.js';
import { DeadlineListeners } from './deadline-listeners.js';
import { PayloadRoutes } from './payload-routes.js';

/** Which complaints a sweep looks at. */
export interface SweepOptions {
  /**
   * Complaints that were filed from this time on. Everything of which nothing was heard counts as lost
   * then, even if it is older than reconciliation in this app. @default the option
   * `reconciliation.lookback` before now
   */
  readonly from?: Date;
  /** Complaints that were filed until this time. @default now */
  readonly to?: Date;
  /** How old something is at least before it counts as lost. @default the option `reconciliation.grace` */
  readonly grace?: number;
}

/** What a sweep has done. */
export interface ReconciliationReport {
  /** Complaints in the range. */
  readonly listed: number;
  /** Lost complaints and changes that were handled. */
  readonly fed: number;
  /** Lost complaints and changes whose handlers failed. The next sweep finds them again. */
  readonly failed: number;
  /** Requests to WeChat Pay. */
  readonly calls: number;
}

const SECOND = 1000;
/** The complaint id under which it is remembered when the complaints of a merchant were first swept. */
const FIRST_SWEEP = '#first-sweep';

/**
 * Finds complaints, and changes of complaints, of which no notification was handled, gives them to
 * the handlers, and calls the methods with `@OnComplaintDeadline()`. The option `reconciliation` makes
 * the sweeps by itself; `sweep()` makes one now, whatever the option says.
 */
@Injectable()
export class ComplaintReconciler {
  private readonly logger = new Logger(LOGGER_CONTEXT);
  private readonly aborter = new AbortController();
  private readonly running = new Set<Promise<unknown>>();
  private quotas?: { readonly list: CallQuota; readonly history: CallQuota };

  constructor(
    private readonly merchant: MerchantContext,
    private readonly dispatcher: ComplaintDispatcher,
    private readonly listeners: ComplaintListenerExplorer,
    private readonly routes: PayloadRoutes,
    private readonly deadlines: DeadlineListeners,
  ) {}

  /**
   * Lists the complaints of a range and gives to the handlers what nothing was heard of. Several sweeps
   * at a time, in one process or in several, do no harm: what one has found counts as handled for the
   * others. Resolves early, with what it has done so far, when the app shuts down.
   *
   * @throws WechatPayArgumentError when the range is none
   * @throws WechatPayError when WeChat Pay cannot be asked
   * @throws NotificationStoreError when the store cannot be reached
   * @throws Error when the store does not remember complaints, nobody handles what is found, or the app
   * shuts down
   */
  async sweep(options: SweepOptions = {}): Promise<ReconciliationReport> {
    assertArguments(problemsOf(options));
    const problem = this.problem();
    if (problem !== undefined) throw new Error(`Complaints cannot be reconciled: ${problem}`);
    const { lookback, grace } = this.merchant.options.reconciliation;
    const now = Date.now();
    const store = this.store();
    const range = {
      from: options.from?.getTime() ?? now - lookback,
      to: options.to?.getTime() ?? now,
      grace: options.grace ?? grace,
      knownBefore: options.from ? undefined : await this.firstSweepAt(store, now),
    };
    this.aborter.signal.throwIfAborted();
    const sweep = this.run(store, range);
    const forget = (): void => void this.running.delete(sweep);
    this.running.add(sweep);
    sweep.then(forget, forget);
    return sweep;
  }

  /** What keeps complaints from being reconciled, as a sentence. */
  problem(): string | undefined {
    const { store } = this.merchant;
    if (!store) return 'with the option store: false nothing is remembered. Give a store.';
    if (!remembersComplaints(store)) {
      return (
        `the store, a ${store.constructor.name}, lacks the methods readComplaints and writeComplaint ` +
        'of NotificationStore. Add them, or use RedisNotificationStore.'
      );
    }
    const hasHandlers =
      this.listeners.listeners().length + this.routes.names().length + this.countReminded() > 0;
    if (hasHandlers) return undefined;
    const others = this.routes.others();
    return others.length > 0
      ? `${others.join(', ')} cannot be called without a request. Take nothing but @ComplaintPayload() ` +
          'in a method with @ComplaintNotification(), or handle complaints in a method with @OnComplaint().'
      : 'nobody would handle what is found. Handle complaints in a method with @OnComplaint().';
  }

  /** Ends all sweeps, and waits until what they gave to handlers has ended, within a time limit. */
  async stop(limit: number): Promise<void> {
    this.aborter.abort(new Error('The app is shutting down.'));
    await settlesWithin(Promise.allSettled(this.running), limit);
  }

  private async run(store: ComplaintStore, range: SweepRange): Promise<ReconciliationReport> {
    const { signal } = this.aborter;
    const { mchid, client, options } = this.merchant;
    const time = new Deadline(Infinity);
    const source = new ComplaintSource(client, this.quotasOf(store), signal);
    const sweep = new ComplaintSweep(
      {
        mchid,
        store,
        source,
        deadlines: options.deadlines,
        memory: options.reconciliation.memory,
      },
      range,
      this.handlers(store),
      signal,
    );
    const end = (outcome: SweepEvent['outcome']): ReconciliationReport => {
      const { reminded, ...counts } = sweep.counts;
      const report = { ...counts, calls: source.calls };
      publishSweep({ mchid, outcome, ...report, reminded, duration: time.elapsed() });
      this.log(outcome, { ...report, reminded }, time.elapsed());
      return report;
    };
    try {
      await sweep.run();
    } catch (error) {
      if (!signal.aborted) {
        end('failed');
        throw error;
      }
    }
    return end(signal.aborted ? 'stopped' : 'completed');
  }

  private handlers(store: ComplaintStore): SweepHandlers {
    const { mchid, options } = this.merchant;
    const leases = {
      lease: options.lease,
      handlerLimit: options.handlerLimit,
      retention: options.reconciliation.memory,
    };
    return {
      feed: (payload) => this.feed(payload),
      remind:
        this.countReminded() === 0
          ? undefined
          : (complaint, reminder) => {
              const { kind, dueAt, state } = reminder;
              const deadline = { mchid, complaint, kind, dueAt, state };
              return this.deadlines.remind(store, deadline, reminder, leases);
            },
    };
  }

  private async feed(payload: ComplaintNotificationPayload): ReturnType<SweepHandlers['feed']> {
    const { handlerLimit } = this.merchant.options;
    try {
      return await this.dispatcher.feed(payload, this.routes.tasksFor(payload), handlerLimit);
    } catch (error) {
      // The processor has logged why.
      return error instanceof ComplaintNotificationException ? 'deferred' : 'failed';
    }
  }

  /**
   * When the complaints of the merchant were first swept. What is older may have been handled before
   * anything was remembered, so that it is not taken for lost.
   */
  private async firstSweepAt(store: ComplaintStore, now: number): Promise<number> {
    const { mchid, options } = this.merchant;
    const [record] = await store.readComplaints(mchid, [FIRST_SWEEP]);
    // WeChat Pay writes times without milliseconds.
    const heardAt = record?.heardAt ?? Math.floor(now / SECOND) * SECOND;
    const key = { mchid, complaintId: FIRST_SWEEP };
    await store.writeComplaint(key, { heardAt }, options.reconciliation.memory);
    return heardAt;
  }

  private store(): ComplaintStore {
    const { store } = this.merchant;
    if (store && remembersComplaints(store)) return store;
    throw new Error(this.problem());
  }

  private quotasOf(store: ComplaintStore): {
    readonly list: CallQuota;
    readonly history: CallQuota;
  } {
    const { mchid, options } = this.merchant;
    const { listsPerMinute, historiesPerMinute } = options.reconciliation;
    this.quotas ??= {
      list: new CallQuota(store, mchid, 'list', listsPerMinute),
      history: new CallQuota(store, mchid, 'history', historiesPerMinute),
    };
    return this.quotas;
  }

  private countReminded(): number {
    return this.deadlines.methods().length;
  }

  private log(
    outcome: SweepEvent['outcome'],
    { listed, fed, failed, calls, reminded }: ReconciliationReport & { readonly reminded: number },
    duration: number,
  ): void {
    const { mchid } = this.merchant;
    this.logger.log(
      `Reconciliation of merchant ${mchid} has ${outcome}: ${listed} complaints listed, ${fed} lost ones ` +
        `handled, ${failed} failed, ${reminded} reminders, ${calls} calls, ${Math.round(duration)} ms`,
    );
    if (fed + failed === 0) return;
    this.logger.warn(
      `Reconciliation found ${fed + failed} complaints or changes of merchant ${mchid} of which no notification ` +
        'had been handled. Check that the registered callback URL leads to this app and that its ' +
        'responses are 200 or 204: WeChat Pay gives a notification up after some hours.',
    );
  }
}

function problemsOf({ from, to, grace }: SweepOptions): Record<string, string[]> {
  const isTime = (time: unknown): boolean =>
    time === undefined || (time instanceof Date && !Number.isNaN(time.getTime()));
  const problems = {
    from: isTime(from) ? [] : ['must be a Date'],
    to: isTime(to) ? [] : ['must be a Date'],
    grace:
      grace === undefined || (typeof grace === 'number' && grace >= 0 && grace < Infinity)
        ? []
        : ['must be a number of milliseconds, 0 or more'],
  };
  const isReversed = isTime(from) && isTime(to) && from && to && from > to;
  return isReversed ? { ...problems, to: ['lies before from'] } : problems;
}
