import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { MerchantContext } from '../merchant/merchant-context.js';
import { type NotificationEvent, publishNotification } from '../diagnostics/diagnostics.js';
import { errorMessage } from '../utils/error-message.js';
import type {
  NotificationClaim,
  NotificationKey,
  NotificationStore,
} from '../stores/notification-store.interface.js';
import {
  ComplaintNotificationException,
  type ComplaintNotificationCode,
} from './complaint-notification.exception.js';
import type { ComplaintNotificationPayload } from './complaint-notification-payload.interface.js';
import { settlesWithin } from '../utils/settles-within.js';
import { logHandlingFailure, markLogged } from './handler-failure.js';
import { LOGGER_CONTEXT } from '../wechatpay-complaint.constants.js';
import { since } from '../utils/since.js';

/** How often within a lease it is prolonged: two may fail before it lapses. */
const RENEWALS_PER_LEASE = 3;
/** Milliseconds: pauses between attempts to remember what was handled while the store was away. */
const FIRST_COMPLETE_PAUSE = 500;
const LONGEST_COMPLETE_PAUSE = 2000;

/**
 * Runs the handler of a genuine notification once: claims its id, runs, and remembers it; gives it
 * back when the handler fails. Where a notification is remembered.
 */
@Injectable()
export class ComplaintNotificationProcessor {
  private readonly logger = new Logger(LOGGER_CONTEXT);
  private readonly running = new Set<Promise<unknown>>();
  /** Ids of what was handled here, but could not be remembered yet: their leases may lapse. */
  private readonly unremembered = new Set<string>();
  private shutdownStart?: number;
  /** Nothing is claimed any more: the store is about to be closed. */
  private isClosed = false;

  constructor(private readonly merchant: MerchantContext) {}

  /**
   * Resolves when the notification is to be answered with success, rejects with what it is to be
   * answered with otherwise. The handler may still be running then.
   *
   * @throws ComplaintNotificationException IN_PROGRESS, HANDLER_TIMEOUT, STORE_UNAVAILABLE
   */
  run(notification: ComplaintNotificationPayload, handle: () => Promise<unknown>): Promise<void> {
    return this.track(this.process(notification, handle));
  }

  /** Waits for the handlers that run now, within the option `shutdownTimeout`. */
  async settle(): Promise<void> {
    await settlesWithin(Promise.allSettled(this.running), this.shutdownTimeLeft());
  }

  /** Waits until nothing runs any more, within what is left of `shutdownTimeout`, and closes. */
  async drain(): Promise<void> {
    while (this.running.size > 0) {
      const timeLeft = this.shutdownTimeLeft();
      if (timeLeft > 0 && (await settlesWithin(Promise.allSettled(this.running), timeLeft))) {
        continue;
      }
      this.logger.warn(
        `Handlers still run after ${this.merchant.options.shutdownTimeout} ms ` +
          'of shutdown. What they leave undone is handled again once their leases have lapsed.',
      );
      break;
    }
    this.isClosed = true;
  }

  private shutdownTimeLeft(): number {
    this.shutdownStart ??= performance.now();
    return Math.max(0, this.merchant.options.shutdownTimeout - since(this.shutdownStart));
  }

  private async process(
    notification: ComplaintNotificationPayload,
    handle: () => Promise<unknown>,
  ): Promise<void> {
    const { store } = this.merchant;
    const { handlerTimeout } = this.merchant.options;
    const report = new NotificationReport(notification);
    if (!store) return this.watch(report, handle);
    const key = { mchid: notification.mchid, id: notification.id };
    if (this.unremembered.has(key.id)) {
      report.publish('duplicate');
      return;
    }
    const token = await this.claim(store, key, report);
    if (token === undefined) return;
    const work = this.track(
      this.watch(report, () => this.handleUnderLease(store, key, token, handle)),
    );
    if (await settlesWithin(work, Math.max(0, handlerTimeout - report.elapsed()))) return work;
    const detail =
      `The handler of ${name(key)} takes longer than ${handlerTimeout} ms. It goes on; when it is ` +
      'done, the next repetition is answered with success. Put slow work on a queue.';
    this.logger.warn(`Notification postponed (HANDLER_TIMEOUT): ${detail}`);
    throw report.postponed('HANDLER_TIMEOUT', detail);
  }

  /** @returns the token of the claim, or undefined when the notification was handled before */
  private async claim(
    store: NotificationStore,
    key: NotificationKey,
    report: NotificationReport,
  ): Promise<string | undefined> {
    const unavailable = (reason: string, cause?: unknown): ComplaintNotificationException => {
      const detail = `The store cannot tell whether ${name(key)} was handled: ${reason}`;
      this.logger.error(`Notification postponed (STORE_UNAVAILABLE): ${detail}`);
      return report.postponed('STORE_UNAVAILABLE', detail, cause);
    };
    const { lease, handlerTimeout } = this.merchant.options;
    const asked = ask(() => store.claim(key, lease));
    let isInTime: boolean;
    let claim: NotificationClaim | undefined;
    try {
      isInTime = await settlesWithin(asked, handlerTimeout);
      if (isInTime) claim = await asked;
    } catch (cause) {
      throw unavailable(errorMessage(cause), cause);
    }
    if (!isInTime || this.isClosed) {
      // Too late to be used: the next repetition shall not have to wait for the lease.
      asked.then(
        (late: NotificationClaim | undefined) =>
          this.giveBack(store, key, late?.state === 'claimed' ? late.token : undefined),
        () => undefined,
      );
      throw unavailable(
        isInTime ? 'the app is shutting down.' : `no answer in ${handlerTimeout} ms.`,
      );
    }
    // A store of the app's own may answer anything.
    switch (claim?.state) {
      case 'claimed':
        return claim.token;
      case 'done':
        report.publish('duplicate');
        return undefined;
      case 'in-progress': {
        const detail = `${name(key)} is being handled, here or elsewhere.`;
        this.logger.debug(`Notification postponed (IN_PROGRESS): ${detail}`);
        throw report.postponed('IN_PROGRESS', detail);
      }
      default:
        throw unavailable('its answer to a claim is none of a NotificationStore.');
    }
  }

  private async giveBack(
    store: NotificationStore,
    key: NotificationKey,
    token: string | undefined,
  ): Promise<void> {
    if (token === undefined) return;
    try {
      await store.release(key, token);
    } catch (error) {
      this.logger.warn(
        `${name(key)} could not be given back, it is handled again after its lease: ${errorMessage(error)}`,
      );
    }
  }

  /** Reports how the handling ended; a failure that nobody can be answered with is logged here. */
  private async watch(report: NotificationReport, handle: () => Promise<unknown>): Promise<void> {
    try {
      await handle();
    } catch (error) {
      report.publish('failed');
      if (report.isAnswered) logHandlingFailure(this.logger, error);
      throw error;
    }
    report.publish('handled');
  }

  private track<T>(work: Promise<T>): Promise<T> {
    this.running.add(work);
    const forget = (): void => {
      this.running.delete(work);
    };
    // Also what keeps a failure that nobody waits for any more from ending the process.
    work.then(forget, forget);
    return work;
  }

  private async handleUnderLease(
    store: NotificationStore,
    key: NotificationKey,
    token: string,
    handle: () => Promise<unknown>,
  ): Promise<void> {
    const { lease } = this.merchant.options;
    const renewal = setInterval(() => {
      ask(() => store.renew(key, token, lease)).then(
        (isOurs) => {
          if (!isOurs) clearInterval(renewal);
        },
        (error: unknown) => {
          this.logger.warn(
            `The lease of ${name(key)} could not be prolonged: ${errorMessage(error)}`,
          );
        },
      );
    }, lease / RENEWALS_PER_LEASE);
    renewal.unref();
    try {
      await handle();
    } catch (error) {
      clearInterval(renewal);
      await this.giveBack(store, key, token);
      throw error;
    }
    clearInterval(renewal);
    await this.complete(store, key, token).catch((error: unknown) => {
      // It was handled: answering with an error would have it handled again.
      this.logger.warn(`${name(key)} was handled, but not remembered yet: ${errorMessage(error)}`);
      void this.track(this.completeLater(store, key, token));
    });
  }

  private async complete(
    store: NotificationStore,
    key: NotificationKey,
    token: string,
  ): Promise<void> {
    if (await store.complete(key, token, this.merchant.options.retention)) return;
    this.logger.warn(
      `${name(key)} was handled, but its lease had lapsed: it may have been handled twice. ` +
        'Was this process held up, or the store away?',
    );
  }

  /** For as long as repetitions may come: a token that has become void ends it as well. */
  private async completeLater(
    store: NotificationStore,
    key: NotificationKey,
    token: string,
  ): Promise<void> {
    this.unremembered.add(key.id);
    const deadline = performance.now() + this.merchant.options.retention;
    let pause = FIRST_COMPLETE_PAUSE;
    try {
      while (performance.now() < deadline) {
        await delay(pause, undefined, { ref: false });
        pause = Math.min(pause * 2, LONGEST_COMPLETE_PAUSE);
        try {
          await this.complete(store, key, token);
          return;
        } catch {
          // Logged once already; the store says the rest.
        }
      }
    } finally {
      this.unremembered.delete(key.id);
    }
  }
}

/** What is told to the outside of one notification. */
class NotificationReport {
  /** Whether WeChat Pay has been told to come again while the handler goes on. */
  isAnswered = false;
  private readonly start = performance.now();

  constructor(private readonly notification: ComplaintNotificationPayload) {}

  /** Milliseconds. */
  elapsed(): number {
    return since(this.start);
  }

  publish(outcome: NotificationEvent['outcome'], code?: ComplaintNotificationCode): void {
    const { mchid, id, request_id: requestId } = this.notification;
    const duration = this.elapsed();
    publishNotification({ mchid, outcome, code, late: this.isAnswered, id, requestId, duration });
  }

  /** The exception to answer with. */
  postponed(
    code: ComplaintNotificationCode,
    detail: string,
    cause?: unknown,
  ): ComplaintNotificationException {
    this.publish('postponed', code);
    this.isAnswered = true;
    const requestId = this.notification.request_id;
    return markLogged(new ComplaintNotificationException(code, detail, { cause, requestId }));
  }
}

function name({ id }: NotificationKey): string {
  return `notification ${id}`;
}

/** So that a store which throws instead of rejecting does no harm. */
async function ask<T>(call: () => Promise<T>): Promise<T> {
  return call();
}
