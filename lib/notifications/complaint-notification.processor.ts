import { Injectable, Logger, type LogLevel } from '@nestjs/common';
import { type NotificationEvent, publishNotification } from '../diagnostics/diagnostics.js';
import { AppContext } from '../merchant/app-context.js';
import { traceNotification, tracesNotifications } from '../diagnostics/tracing.js';
import type { NotificationKey, NotificationStore } from '../stores/notification-store.interface.js';
import { Deadline } from '../utils/deadline.js';
import { errorMessage } from '../utils/error-message.js';
import { LogEntry, type LogFields } from '../utils/log-entry.js';
import { settlesWithin } from '../utils/settles-within.js';
import { LOGGER_CONTEXT } from '../wechatpay-complaint.constants.js';
import {
  ComplaintNotificationException,
  type ComplaintNotificationDeferralCode,
} from './complaint-notification.exception.js';
import type { ComplaintNotificationPayload } from './complaint-notification-payload.interface.js';
import { logFailure, WECHAT_PAY_REDELIVERS } from './handler-failure.js';
import { HeardComplaints } from './heard-complaints.js';
import { notificationKey } from './notification-key.js';
import { notificationFields, notificationLabel } from './notification-label.js';
import { NotificationLease } from './notification-lease.js';
import { PendingCompletions } from './pending-completions.js';
import type { NotificationOutcome, NotificationTask } from './received-notification.js';

/** One delivery of a notification, over HTTP or from the app itself. */
export interface NotificationDelivery {
  /** When the response is needed. */
  readonly deadline: Deadline;
  /** How it comes again when it is not handled now, for log lines: a clause with a capital letter. */
  readonly redelivery: string;
  /** What to do about a handler that is too slow: a sentence. */
  readonly slowAdvice: string;
}

/**
 * Runs each task of a genuine notification once: the handler of its route, or each listener. The states
 * of a notification and one task, and the response to WeChat Pay:
 *
 * ```
 * claim ── done ──────────────▶ duplicate: 204, the handler does not run
 *   │ ──── in progress ───────▶ deferred: 409 IN_PROGRESS
 *   │ ──── no result in time ─▶ deferred: 503 STORE_UNAVAILABLE
 *   ▼
 * claimed, the lease is renewed while the handler runs
 *   │ ──── handler succeeds ──▶ completed, handled: 204
 *   │ ──── handler fails ─────▶ released, failed: 4xx or 5xx
 *   │ ──── deadline ──────────▶ deferred: 503 HANDLER_TIMEOUT; the handler goes on and ends, late, as above
 *   │ ──── handlerLimit ──────▶ no longer renewed: the lease lapses, a redelivery claims the notification
 *   └───── process dies ──────▶ the lease lapses, a redelivery claims the notification
 * ```
 *
 * With `@InTransaction()` the handler runs in a transaction of the store's database, which completes the
 * notification by its last statement: it ends as handled when all is committed, as deferred when the
 * commit fails or another process has taken the notification over.
 *
 * Listeners run at the same time, each under a claim of its own. The response is success when all of
 * them have succeeded by now. Without a store there is nothing to claim: every delivery runs the handler.
 */
@Injectable()
export class ComplaintNotificationProcessor {
  private readonly logger = new Logger(LOGGER_CONTEXT);
  private readonly running = new Map<Promise<void>, NotificationLease | undefined>();
  private readonly pendingCompletions: PendingCompletions;
  private readonly heard: HeardComplaints;
  /** Starts with the shutdown. */
  private shutdown?: Deadline;
  /** Nothing is claimed any more, because the store is about to be closed. */
  private isClosed = false;

  constructor(private readonly app: AppContext) {
    this.pendingCompletions = new PendingCompletions(app.options.retention);
    this.heard = new HeardComplaints(app, this.logger);
  }

  /**
   * Resolves when the response is success, and rejects with what the response says otherwise. The
   * tasks may still be running then.
   *
   * @param delivery when the response is needed, and how the notification is delivered next time
   * @throws ComplaintNotificationException IN_PROGRESS, HANDLER_TIMEOUT, STORE_UNAVAILABLE
   * @throws whatever the first task that has failed throws
   */
  async process(
    notification: ComplaintNotificationPayload,
    tasks: readonly NotificationTask[],
    delivery: NotificationDelivery,
  ): Promise<NotificationOutcome> {
    const outcome = await this.processTasks(notification, tasks, delivery);
    await this.heard.remember(notification, outcome);
    return outcome;
  }

  /** A delivery of WeChat Pay. Its deadline starts now. */
  startDelivery(): NotificationDelivery {
    return {
      deadline: new Deadline(this.app.options.handlerTimeout),
      redelivery: WECHAT_PAY_REDELIVERS,
      slowAdvice: 'Put slow work on a queue.',
    };
  }

  /** Waits for the handlers that are running, within the option `shutdownTimeout`. */
  async waitForHandlers(): Promise<void> {
    await settlesWithin(Promise.allSettled(this.running.keys()), this.shutdownTimeLeft());
  }

  /** Waits until nothing runs any more, within what is left of `shutdownTimeout`, and closes. */
  async close(): Promise<void> {
    while (this.running.size > 0) {
      const timeLeft = this.shutdownTimeLeft();
      if (timeLeft > 0 && (await settlesWithin(Promise.allSettled(this.running.keys()), timeLeft)))
        continue;
      this.logger.warn(
        `${this.running.size} notification handlers are still running ${this.app.options.shutdownTimeout} ms ` +
          'after the shutdown began (shutdownTimeout). What they leave unfinished is handled again after their leases have lapsed.',
      );
      for (const lease of this.running.values()) lease?.stopRenewing();
      break;
    }
    this.isClosed = true;
    const unknown = this.pendingCompletions.close();
    if (unknown > 0) {
      this.logger.warn(
        `${unknown} notifications were handled, but the store did not record them before the shutdown. ` +
          'Redeliveries of them run the handler again.',
      );
    }
  }

  private async processTasks(
    notification: ComplaintNotificationPayload,
    tasks: readonly NotificationTask[],
    delivery: NotificationDelivery,
  ): Promise<NotificationOutcome> {
    const id = this.heard.idOf(notification);
    const [first, ...others] = tasks.map(
      (task) => new NotificationRun(notification, id, task, delivery, this.logger),
    );
    if (!first) {
      new NotificationRun(notification, id, NO_TASK, delivery, this.logger).end('ignored');
      return 'ignored';
    }
    if (others.length === 0) return this.processTask(first);
    const results = [first, ...others].map((run) => this.processTask(run));
    // WeChat Pay gets its response once every task has ended or was deferred.
    await Promise.allSettled(results);
    const outcomes = await Promise.all(results);
    return outcomes.includes('handled') ? 'handled' : 'duplicate';
  }

  private async processTask(run: NotificationRun): Promise<'handled' | 'duplicate'> {
    const { deadline } = run;
    const { store } = this.app;
    const lease = store && (await this.claim(store, run));
    if (lease === 'done') {
      run.end('duplicate');
      return 'duplicate';
    }
    const work = this.track(this.work(run, lease), lease);
    if (await settlesWithin(work, deadline.timeLeft())) {
      await work;
      return 'handled';
    }
    throw run.defer(
      'HANDLER_TIMEOUT',
      `Its handler takes longer than ${deadline.limit} ms (handlerTimeout). The handler goes on; ` +
        `${lease ? 'once it has finished, a redelivery gets success' : 'without a store a redelivery runs it again'}. ` +
        run.delivery.slowAdvice,
    );
  }

  private shutdownTimeLeft(): number {
    this.shutdown ??= new Deadline(this.app.options.shutdownTimeout);
    return this.shutdown.timeLeft();
  }

  /** @throws ComplaintNotificationException IN_PROGRESS, STORE_UNAVAILABLE */
  private async claim(
    store: NotificationStore,
    run: NotificationRun,
  ): Promise<NotificationLease | 'done'> {
    const { key, deadline } = run;
    if (this.pendingCompletions.has(key)) return 'done';
    const claim = NotificationLease.claim(store, key, this.app.options, this.logger);
    let result: NotificationLease | 'in-progress' | 'done' | undefined;
    try {
      if (await settlesWithin(claim, deadline.timeLeft())) result = await claim;
    } catch (cause) {
      throw run.defer('STORE_UNAVAILABLE', `The store failed: ${errorMessage(cause)}`, cause);
    }
    if (result === undefined || this.isClosed) {
      // It is too late to use this claim. A redelivery should not have to wait for the lease.
      claim.then(releaseLease, () => undefined);
      throw run.defer(
        'STORE_UNAVAILABLE',
        result === undefined
          ? `The store did not respond within ${Math.round(deadline.elapsed())} ms.`
          : 'The app is shutting down.',
      );
    }
    if (result === 'in-progress') {
      throw run.defer('IN_PROGRESS', 'Its handler is running, in this process or another one.');
    }
    return result;
  }

  private work(run: NotificationRun, lease: NotificationLease | undefined): Promise<void> {
    if (run.isInTransaction) return this.handleInTransaction(run, lease);
    return lease ? this.handleUnderLease(run, lease) : run.handle();
  }

  private async handleInTransaction(
    run: NotificationRun,
    lease: NotificationLease | undefined,
  ): Promise<void> {
    if (!lease)
      throw run.defer('STORE_UNAVAILABLE', 'There is no store to run it in a transaction.');
    let isCommitted: boolean;
    try {
      isCommitted = await lease.completeInTransaction((transaction) => run.attempt(transaction));
    } catch (error) {
      await lease.release();
      if (run.hasFailed) throw error;
      throw run.defer('STORE_UNAVAILABLE', `The store failed: ${errorMessage(error)}`, error);
    }
    if (!isCommitted) {
      throw run.defer(
        'IN_PROGRESS',
        'Another process has taken it over, and this one rolled back.',
      );
    }
    run.end('handled');
  }

  private async handleUnderLease(run: NotificationRun, lease: NotificationLease): Promise<void> {
    try {
      await run.handle();
    } catch (error) {
      await lease.release();
      throw error;
    }
    try {
      await lease.complete();
    } catch (error) {
      // It was handled: an error response would have it handled again.
      const sentence =
        `${run.label} was handled, but the store has not recorded it. This process remembers the ` +
        `notification and records it as soon as the store is back: ${errorMessage(error)}`;
      this.logger.warn(new LogEntry(sentence, { ...run.fields(), outcome: 'handled' }));
      this.pendingCompletions.add(run.key, lease);
    }
  }

  private track(work: Promise<void>, lease: NotificationLease | undefined): Promise<void> {
    this.running.set(work, lease);
    const forget = (): void => {
      this.running.delete(work);
    };
    // This also keeps a failure that nobody waits for any more from ending the process.
    work.then(forget, forget);
    return work;
  }
}

async function releaseLease(claim: NotificationLease | 'in-progress' | 'done'): Promise<void> {
  if (claim instanceof NotificationLease) await claim.release();
}

/**
 * Whether no line of this level is ever printed. Nest 11 calls every level disabled, unless the app
 * has set a list of levels.
 */
function isSilent(level: LogLevel): boolean {
  return Logger.isLevelEnabled('fatal') && !Logger.isLevelEnabled(level);
}

const ENDS: Readonly<Record<NotificationOutcome, string>> = {
  handled: 'handled',
  duplicate: 'a duplicate, handled before',
  ignored: 'no listener listens for this action',
};

/** What is logged and published when nobody listens. */
const NO_TASK: NotificationTask = { handle: () => Promise.resolve() };

/** One delivery of a notification to one task: what is logged and published about it. */
class NotificationRun {
  /** Whether its handler has thrown. */
  hasFailed = false;
  private isDeferred = false;

  constructor(
    private readonly notification: ComplaintNotificationPayload,
    /** Under which it is remembered. */
    private readonly id: string,
    private readonly task: NotificationTask,
    readonly delivery: NotificationDelivery,
    private readonly logger: Logger,
  ) {}

  get deadline(): Deadline {
    return this.delivery.deadline;
  }

  get key(): NotificationKey {
    const { mchid } = this.notification;
    return notificationKey({ mchid, id: this.id }, this.task.listener);
  }

  get label(): string {
    return notificationLabel(this.notification, this.task.listener);
  }

  get isInTransaction(): boolean {
    return this.task.inTransaction === true;
  }

  fields(): LogFields {
    return notificationFields(this.notification, this.task.listener);
  }

  async handle(): Promise<void> {
    await this.attempt();
    this.end('handled');
  }

  /** Runs the handler, whose success may depend on a transaction that has not ended. */
  async attempt(transaction?: unknown): Promise<void> {
    try {
      await (tracesNotifications()
        ? this.handleTraced(transaction)
        : this.task.handle(transaction));
    } catch (error) {
      this.hasFailed = true;
      this.publish('failed');
      logFailure(this.logger, this.label, error, this.fields(), this.delivery.redelivery);
      throw error;
    }
  }

  private handleTraced(transaction: unknown): Promise<void> {
    const { mchid, id, request_id: requestId, event_type: eventType } = this.notification;
    const { action_type: actionType, complaint_id: complaintId } = this.notification.complaint;
    const { listener, handle } = this.task;
    const about = { mchid, id, requestId, eventType, actionType, complaintId, listener };
    return traceNotification({ ...about, run: () => handle(transaction) });
  }

  end(outcome: NotificationOutcome): void {
    this.publish(outcome);
    if (isSilent('log')) return;
    const duration = Math.round(this.deadline.elapsed());
    const sentence = `${this.label}: ${ENDS[outcome]}, ${duration} ms`;
    this.logger.log(new LogEntry(sentence, { ...this.fields(), outcome, duration }));
  }

  /** The exception to respond with. */
  defer(
    code: ComplaintNotificationDeferralCode,
    reason: string,
    cause?: unknown,
  ): ComplaintNotificationException {
    this.publish('deferred', code);
    this.isDeferred = true;
    const detail = `${this.label} was deferred (${code}), and ${this.delivery.redelivery}. ${reason}`;
    const entry = new LogEntry(detail, { ...this.fields(), outcome: 'deferred', code });
    if (code === 'IN_PROGRESS') this.logger.debug(entry);
    else if (code === 'HANDLER_TIMEOUT') this.logger.warn(entry);
    else this.logger.error(entry);
    const requestId = this.notification.request_id;
    return new ComplaintNotificationException(code, detail, { cause, requestId });
  }

  private publish(
    outcome: NotificationEvent['outcome'],
    code?: ComplaintNotificationDeferralCode,
  ): void {
    const { mchid, id, origin, request_id: requestId } = this.notification;
    const { listener } = this.task;
    const late = this.isDeferred;
    const duration = this.deadline.elapsed();
    publishNotification({ mchid, origin, outcome, code, listener, late, id, requestId, duration });
  }
}
