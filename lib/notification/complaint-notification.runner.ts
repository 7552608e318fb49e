import { setTimeout as delay } from 'node:timers/promises';
import { isNativeError } from 'node:util/types';
import { Injectable, Logger } from '@nestjs/common';
import { MerchantContext } from '../client/merchant-context.js';
import { type NotificationEvent, publishNotification, since } from '../diagnostics.js';
import type {
  NotificationClaim,
  NotificationKey,
  NotificationStore,
} from '../store/notification-store.interface.js';
import {
  ComplaintNotificationException,
  type ComplaintNotificationRefusalCode,
} from './complaint-notification.exception.js';
import type { ComplaintNotificationPayload } from './complaint-notification-payload.interface.js';
import { logHandlingFailure } from './handling-failure.js';

/** How often within a lease it is prolonged: two may fail before it lapses. */
const RENEWALS_PER_LEASE = 3;
/** Milliseconds: pauses between attempts to remember what was handled while the store was away. */
const FIRST_COMPLETE_PAUSE = 500;
const LONGEST_COMPLETE_PAUSE = 30_000;

/**
 * Runs the handler of a genuine notification once: claims its id, runs, and remembers it; gives it
 * back when the handler fails. Where a notification is remembered.
 */
@Injectable()
export class ComplaintNotificationRunner {
  private readonly logger = new Logger('WechatPayComplaint');
  private readonly running = new Set<Promise<unknown>>();
  /** Ids of what was handled here, but could not be remembered yet: their leases may lapse. */
  private readonly unremembered = new Set<string>();

  constructor(private readonly merchant: MerchantContext) {}

  /**
   * Resolves when the notification is to be answered with success, rejects with what it is to be
   * answered with otherwise. The handler may still be running then.
   *
   * @throws ComplaintNotificationException IN_PROGRESS, HANDLER_TIMEOUT, STORE_UNAVAILABLE
   */
  async run(
    notification: ComplaintNotificationPayload,
    handle: () => Promise<unknown>,
  ): Promise<void> {
    const { store } = this.merchant;
    const report = new NotificationReport(notification);
    if (!store) return this.track(this.watch(report, handle));
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
    const { handlerTimeout } = this.merchant.options;
    if (await isSettledWithin(work, handlerTimeout)) return work;
    const detail =
      `The handler of ${name(key)} takes longer than ${handlerTimeout} ms. It goes on; when it is ` +
      'done, the next repetition is answered with success. Put slow work on a queue.';
    this.logger.warn(`Notification postponed (HANDLER_TIMEOUT): ${detail}`);
    throw report.postponed('HANDLER_TIMEOUT', detail);
  }

  /** Waits for running handlers, at most for the option `shutdownTimeout`. */
  async drain(): Promise<void> {
    if (this.running.size === 0) return;
    const { shutdownTimeout } = this.merchant.options;
    if (!(await isSettledWithin(Promise.allSettled(this.running), shutdownTimeout))) {
      this.logger.warn(
        `${this.running.size} handlers still run after ${shutdownTimeout} ms of shutdown. ` +
          'What they leave undone is handled again once their leases have lapsed.',
      );
    }
  }

  /** @returns the token of the claim, or undefined when the notification was handled before */
  private async claim(
    store: NotificationStore,
    key: NotificationKey,
    report: NotificationReport,
  ): Promise<string | undefined> {
    let claim: NotificationClaim;
    try {
      claim = await store.claim(key, this.merchant.options.lease);
    } catch (cause) {
      const detail = `The store cannot tell whether ${name(key)} was handled: ${messageOf(cause)}`;
      this.logger.error(`Notification postponed (STORE_UNAVAILABLE): ${detail}`);
      throw report.postponed('STORE_UNAVAILABLE', detail, cause);
    }
    switch (claim.state) {
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
      store.renew(key, token, lease).catch((error: unknown) => {
        this.logger.warn(`The lease of ${name(key)} could not be prolonged: ${messageOf(error)}`);
      });
    }, lease / RENEWALS_PER_LEASE);
    renewal.unref();
    try {
      await handle();
    } catch (error) {
      clearInterval(renewal);
      await store.release(key, token).catch((reason: unknown) => {
        this.logger.warn(
          `${name(key)} could not be given back, it is handled again after its lease: ${messageOf(reason)}`,
        );
      });
      throw error;
    }
    clearInterval(renewal);
    await this.complete(store, key, token).catch((error: unknown) => {
      // It was handled: answering with an error would have it handled again.
      this.logger.warn(`${name(key)} was handled, but not remembered yet: ${messageOf(error)}`);
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

  publish(outcome: NotificationEvent['outcome'], code?: ComplaintNotificationRefusalCode): void {
    const { mchid, id, request_id: requestId } = this.notification;
    const duration = since(this.start);
    publishNotification({ mchid, outcome, code, late: this.isAnswered, id, requestId, duration });
  }

  /** The exception to answer with. */
  postponed(
    code: ComplaintNotificationRefusalCode,
    detail: string,
    cause?: unknown,
  ): ComplaintNotificationException {
    this.publish('postponed', code);
    this.isAnswered = true;
    const requestId = this.notification.request_id;
    return new ComplaintNotificationException(code, detail, { cause, requestId });
  }
}

function name({ id }: NotificationKey): string {
  return `notification ${id}`;
}

function messageOf(error: unknown): string {
  return isNativeError(error) ? error.message : String(error);
}

/** Whether a promise settles in time, in whatever way. Leaves no timer behind. */
async function isSettledWithin(promise: Promise<unknown>, milliseconds: number): Promise<boolean> {
  const aborter = new AbortController();
  const settled = promise.then(
    () => true,
    () => true,
  );
  const timeUp = delay(milliseconds, false, { signal: aborter.signal, ref: false }).catch(
    () => false,
  );
  const isSettled = await Promise.race([settled, timeUp]);
  aborter.abort();
  return isSettled;
}
