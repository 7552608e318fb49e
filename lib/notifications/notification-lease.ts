import type { Logger } from '@nestjs/common';
import type { NotificationKey, NotificationStore } from '../stores/notification-store.interface.js';
import { Deadline } from '../utils/deadline.js';
import { errorMessage } from '../utils/error-message.js';
import { LogEntry } from '../utils/log-entry.js';
import { isJsonObject, type JsonObject } from '../utils/json.js';
import { settlesWithin } from '../utils/settles-within.js';
import { keyFields } from './notification-key.js';

/** All in milliseconds. */
export interface LeaseSettings {
  readonly lease: number;
  readonly retention: number;
  readonly handlerLimit: number;
}

/** How often a lease is renewed before it lapses: two renewals may fail. */
const RENEWALS_PER_LEASE = 3;

/**
 * The lease on one notification, from the claim until it is completed or released. Its token is a
 * fencing token: once another process has taken the lapsed lease over, the store ignores this one.
 */
export class NotificationLease {
  private readonly runtime: Deadline;
  private readonly timer: NodeJS.Timeout;
  /** All renewals so far. Undefined before the first one. */
  private renewals?: Promise<unknown>;

  private constructor(
    private readonly store: NotificationStore,
    private readonly key: NotificationKey,
    private readonly token: string,
    private readonly settings: LeaseSettings,
    private readonly logger: Logger,
  ) {
    this.runtime = new Deadline(settings.handlerLimit);
    this.timer = setInterval(() => {
      this.renew();
    }, settings.lease / RENEWALS_PER_LEASE);
    this.timer.unref();
  }

  /**
   * Claims a notification. A store of the app's own may resolve with anything, so its result is checked.
   *
   * @throws whatever the store rejects with, and Error when it resolves with something undocumented
   */
  static async claim(
    store: NotificationStore,
    key: NotificationKey,
    settings: LeaseSettings,
    logger: Logger,
  ): Promise<NotificationLease | 'in-progress' | 'done'> {
    const claim: unknown = await store.claim(key, settings.lease);
    const { state, token }: JsonObject = isJsonObject(claim) ? claim : {};
    if (state === 'in-progress' || state === 'done') return state;
    if (state !== 'claimed') {
      throw new Error('it resolved a claim without one of the documented states.');
    }
    if (typeof token !== 'string') {
      throw new Error('it resolved a claim with the state "claimed" but without a token.');
    }
    return new NotificationLease(store, key, token, settings, logger);
  }

  /**
   * Remembers the notification as handled.
   *
   * @throws whatever the store rejects with
   */
  async complete(): Promise<void> {
    await this.renewalsToEnd();
    if (await this.store.complete(this.key, this.token, this.settings.retention)) return;
    this.logger.warn(
      this.entry(
        `Notification ${this.key.id} was handled, but its lease had lapsed and another process had taken ` +
          'it over, so it may have been handled twice. Was this process suspended, or the store away?',
      ),
    );
  }

  /**
   * Runs a handler in a transaction of the store's database, which also remembers the notification as
   * handled.
   *
   * @returns false if another process had taken the notification over, so that all was rolled back
   * @throws whatever the handler throws, and whatever the store rejects with
   */
  async completeInTransaction(run: (transaction: unknown) => Promise<void>): Promise<boolean> {
    if (!this.store.completeInTransaction) throw new Error('it has no transactions.');
    const { key, token, settings } = this;
    try {
      if (await this.store.completeInTransaction(key, token, settings.retention, run)) return true;
    } finally {
      this.stopRenewing();
    }
    this.logger.warn(
      `The lease of notification ${key.id} had lapsed and another process had taken it over, so what its ` +
        'handler has written here was rolled back. Was this process suspended, or the store away?',
    );
    return false;
  }

  /** Makes the notification free for the next delivery. Never rejects. */
  async release(): Promise<void> {
    await this.renewalsToEnd();
    try {
      await this.store.release(this.key, this.token);
    } catch (error) {
      this.logger.warn(
        this.entry(
          `The lease of notification ${this.key.id} could not be released, so a redelivery is handled ` +
            `only after the lease has lapsed: ${errorMessage(error)}`,
        ),
      );
    }
  }

  /** The lease lapses unless it is completed or released before. */
  stopRenewing(): void {
    clearInterval(this.timer);
  }

  private renew(): void {
    if (this.runtime.timeLeft() === 0) {
      this.stopRenewing();
      this.logger.error(
        this.entry(
          `The handler of notification ${this.key.id} has been running for ${this.settings.handlerLimit} ms ` +
            '(handlerLimit). Its lease is no longer renewed, so a redelivery will run the handler again. ' +
            'Find out why the handler does not finish, or raise handlerLimit.',
        ),
      );
      return;
    }
    this.renewals = Promise.all([this.renewals, this.requestRenewal()]);
  }

  /** Never rejects. */
  private async requestRenewal(): Promise<void> {
    try {
      const isOurs = await this.store.renew(this.key, this.token, this.settings.lease);
      if (!isOurs) this.stopRenewing();
    } catch (error) {
      this.logger.warn(
        this.entry(
          `The lease of notification ${this.key.id} could not be renewed: ${errorMessage(error)}`,
        ),
      );
    }
  }

  private entry(sentence: string): LogEntry {
    return new LogEntry(sentence, keyFields(this.key));
  }

  /**
   * A renewal that reaches the store after the release would claim the notification again, so it is
   * awaited, for as long as a lease lasts.
   */
  private async renewalsToEnd(): Promise<void> {
    this.stopRenewing();
    if (this.renewals) await settlesWithin(this.renewals, this.settings.lease);
  }
}
