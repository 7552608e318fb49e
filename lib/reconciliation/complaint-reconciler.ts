import { setMaxListeners } from 'node:events';
import { Injectable, Logger } from '@nestjs/common';
import { publishSweep, type SweepEvent } from '../diagnostics/diagnostics.js';
import { assertArguments } from '../http/request-arguments.js';
import { ComplaintDispatcher } from '../listeners/complaint-dispatcher.js';
import { ComplaintListenerExplorer } from '../listeners/complaint-listener.explorer.js';
import { AppContext } from '../merchant/app-context.js';
import type { MerchantContext } from '../merchant/merchant-context.js';
import { MerchantRegistry, merchantNotNamed } from '../merchant/merchant-registry.js';
import { ComplaintNotificationException } from '../notifications/complaint-notification.exception.js';
import type { ComplaintNotificationPayload } from '../notifications/complaint-notification-payload.interface.js';
import { type ComplaintStore, remembersComplaints } from '../stores/complaint-store.js';
import { Deadline } from '../utils/deadline.js';
import { errorMessage } from '../utils/error-message.js';
import { forEachLimited } from '../utils/for-each-limited.js';
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
   * Complaints that were filed from this time on. Everything that was not notified counts as lost
   * then, even if it is older than reconciliation in this app. @default the option
   * `reconciliation.lookback` before now
   */
  readonly from?: Date;
  /** Complaints that were filed until this time. @default now */
  readonly to?: Date;
  /** How old something is at least before it counts as lost. @default the option `reconciliation.grace` */
  readonly grace?: number;
  /**
   * Merchants whose complaints are looked at, by their ids. Merchants that are looked up have to be
   * named. @default all that are known at startup
   */
  readonly mchids?: readonly string[];
}

interface CallQuotas {
  readonly list: CallQuota;
  readonly history: CallQuota;
}

/** What a sweep has done, for all merchants together. */
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

/** How the last sweep over the complaints of a merchant has ended, in this process. */
export interface LastSweep {
  readonly endedAt: Date;
  readonly outcome: SweepEvent['outcome'];
  /** Why it failed, as text. */
  readonly failure?: string;
}

const SECOND = 1000;
/** Merchants whose complaints are swept at the same time. */
const MERCHANTS_AT_ONCE = 4;
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
  /** By merchant: what one sweep has left of a slice is for the next. */
  private readonly quotas = new Map<string, CallQuotas>();
  /** By merchant. */
  private readonly lastSweeps = new Map<string, LastSweep>();

  constructor(
    private readonly app: AppContext,
    private readonly merchants: MerchantRegistry,
    private readonly dispatcher: ComplaintDispatcher,
    private readonly listeners: ComplaintListenerExplorer,
    private readonly routes: PayloadRoutes,
    private readonly deadlines: DeadlineListeners,
  ) {
    // Every call of a sweep listens to the signal, so that many listeners are no leak.
    setMaxListeners(0, this.aborter.signal);
  }

  /**
   * Lists the complaints of a range and gives to the handlers what was not notified. Several sweeps
   * at a time, in one process or in several, do no harm: what one has found counts as handled for the
   * others. Resolves early, with what it has done so far, when the app shuts down. When it fails for one
   * merchant, the others are swept before it rejects.
   *
   * @throws WechatPayArgumentError when the range is none
   * @throws WechatPayMerchantError when a merchant is not known, or none is named and all are looked up
   * @throws WechatPayError when WeChat Pay cannot be asked
   * @throws NotificationStoreError when the store cannot be reached
   * @throws Error when the store does not remember complaints, nobody handles what is found, or the app
   * shuts down
   */
  async sweep(options: SweepOptions = {}): Promise<ReconciliationReport> {
    assertArguments(problemsOf(options));
    const total = { listed: 0, fed: 0, failed: 0, calls: 0 };
    const failures: unknown[] = [];
    const { mchids = this.known() } = options;
    await forEachLimited(mchids, MERCHANTS_AT_ONCE, async (mchid) => {
      try {
        const report = await this.sweepMerchant(mchid, options);
        total.listed += report.listed;
        total.fed += report.fed;
        total.failed += report.failed;
        total.calls += report.calls;
      } catch (error) {
        failures.push(error);
      }
    });
    if (failures.length > 0) throw failures[0];
    return total;
  }

  /** The same for one merchant. Rejects like `sweep`. */
  async sweepMerchant(mchid: string, options: SweepOptions = {}): Promise<ReconciliationReport> {
    const { store } = this.app;
    const problem = this.problem();
    if (problem !== undefined || !store || !remembersComplaints(store)) {
      throw new Error(`Complaints cannot be reconciled: ${problem ?? ''}`);
    }
    const { signal } = this.aborter;
    signal.throwIfAborted();
    const merchant = await this.merchants.acquire(mchid, this.app.options.timeout);
    const sweep = this.runAndRemember(merchant, store, options).finally(() => {
      merchant.release();
    });
    const forget = (): void => void this.running.delete(sweep);
    this.running.add(sweep);
    sweep.then(forget, forget);
    return sweep;
  }

  /** Undefined as long as no sweep over the complaints of this merchant has ended in this process. */
  lastSweepOf(mchid: string): LastSweep | undefined {
    return this.lastSweeps.get(mchid);
  }

  /** What keeps complaints from being reconciled, as a sentence. */
  problem(): string | undefined {
    const { store } = this.app;
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

  private known(): string[] {
    const mchids = this.merchants.list().map(({ mchid }) => mchid);
    if (mchids.length === 0) throw merchantNotNamed();
    return mchids;
  }

  private async runAndRemember(
    merchant: MerchantContext,
    store: ComplaintStore,
    options: SweepOptions,
  ): Promise<ReconciliationReport> {
    const remember = (sweep: Omit<LastSweep, 'endedAt'>): void => {
      this.lastSweeps.set(merchant.mchid, { endedAt: new Date(), ...sweep });
    };
    try {
      const report = await this.prepareAndRun(merchant, store, options);
      remember({ outcome: this.aborter.signal.aborted ? 'stopped' : 'completed' });
      return report;
    } catch (error) {
      remember({ outcome: 'failed', failure: errorMessage(error) });
      throw error;
    }
  }

  private async prepareAndRun(
    merchant: MerchantContext,
    store: ComplaintStore,
    options: SweepOptions,
  ): Promise<ReconciliationReport> {
    const { lookback, grace } = this.app.options.reconciliation;
    const now = Date.now();
    return this.run(merchant, store, {
      from: options.from?.getTime() ?? now - lookback,
      to: options.to?.getTime() ?? now,
      grace: options.grace ?? grace,
      knownBefore: options.from ? undefined : await this.firstSweepAt(merchant.mchid, store, now),
    });
  }

  private async run(
    { mchid, client }: MerchantContext,
    store: ComplaintStore,
    range: SweepRange,
  ): Promise<ReconciliationReport> {
    const { signal } = this.aborter;
    const { deadlines, reconciliation } = this.app.options;
    const time = new Deadline(Infinity);
    const source = new ComplaintSource(client, this.quotasOf(mchid, store), signal);
    const merchant = { mchid, store, source, deadlines, memory: reconciliation.memory };
    const sweep = new ComplaintSweep(merchant, range, this.handlers(mchid, store), signal);
    const end = (outcome: SweepEvent['outcome']): ReconciliationReport => {
      const { reminded, ...counts } = sweep.counts;
      const report = { ...counts, calls: source.calls };
      const event = { mchid, outcome, ...report, reminded, duration: time.elapsed() };
      publishSweep(event);
      this.log(event);
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

  private handlers(mchid: string, store: ComplaintStore): SweepHandlers {
    const { lease, handlerLimit, reconciliation } = this.app.options;
    const leases = { lease, handlerLimit, retention: reconciliation.memory };
    const feed: SweepHandlers['feed'] = (payload) => this.feed(payload);
    if (this.countReminded() === 0) return { feed };
    return {
      feed,
      remind: (complaint, reminder) => {
        const { kind, dueAt, state } = reminder;
        const deadline = { mchid, complaint, kind, dueAt, state };
        return this.deadlines.remind(store, deadline, reminder, leases);
      },
    };
  }

  private async feed(payload: ComplaintNotificationPayload): ReturnType<SweepHandlers['feed']> {
    const { handlerLimit } = this.app.options;
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
  private async firstSweepAt(mchid: string, store: ComplaintStore, now: number): Promise<number> {
    const [record] = await store.readComplaints(mchid, [FIRST_SWEEP]);
    // WeChat Pay writes times without milliseconds.
    const heardAt = record?.heardAt ?? Math.floor(now / SECOND) * SECOND;
    const key = { mchid, complaintId: FIRST_SWEEP };
    await store.writeComplaint(key, { heardAt }, this.app.options.reconciliation.memory);
    return heardAt;
  }

  private quotasOf(mchid: string, store: ComplaintStore): CallQuotas {
    const { listsPerMinute, historiesPerMinute } = this.app.options.reconciliation;
    const quotas = this.quotas.get(mchid) ?? {
      list: new CallQuota(store, mchid, 'list', listsPerMinute),
      history: new CallQuota(store, mchid, 'history', historiesPerMinute),
    };
    this.quotas.set(mchid, quotas);
    return quotas;
  }

  private countReminded(): number {
    return this.deadlines.methods().length;
  }

  private log({
    mchid,
    outcome,
    listed,
    fed,
    failed,
    reminded,
    calls,
    duration,
  }: SweepEvent): void {
    this.logger.log(
      `Reconciliation of merchant ${mchid} has ${outcome}: ${listed} complaints listed, ${fed} lost ones ` +
        `handled, ${failed} failed, ${reminded} reminders, ${calls} calls, ${Math.round(duration)} ms`,
    );
    if (fed + failed === 0) return;
    this.logger.warn(
      `Reconciliation found ${fed + failed} complaints or changes of merchant ${mchid} of which no notification ` +
        'had been handled. Check that the registered callback URL leads to this app and that its ' +
        'responses are 200 or 204: WeChat Pay stops redelivering a notification after some hours.',
    );
  }
}

function problemsOf({ from, to, grace, mchids }: SweepOptions): Record<string, string[]> {
  const isTime = (time: unknown): boolean =>
    time === undefined || (time instanceof Date && !Number.isNaN(time.getTime()));
  const problems = {
    from: isTime(from) ? [] : ['must be a Date'],
    to: isTime(to) ? [] : ['must be a Date'],
    grace:
      grace === undefined || (typeof grace === 'number' && grace >= 0 && grace < Infinity)
        ? []
        : ['must be a number of milliseconds, 0 or more'],
    mchids:
      mchids === undefined || Array.isArray(mchids) ? [] : ['must be an array of merchant ids'],
  };
  const isReversed = isTime(from) && isTime(to) && from && to && from > to;
  return isReversed ? { ...problems, to: ['lies before from'] } : problems;
}
