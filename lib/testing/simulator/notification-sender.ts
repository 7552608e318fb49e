import { setMaxListeners } from 'node:events';
import { isLoopbackHost } from '../../protocol/callback-url.js';
import { toChinaTime } from '../china-time.js';
import { createNotificationId } from '../notification-signer.js';
import {
  deliver,
  type Delivery,
  type NotifyOptions,
  REDELIVERY_SCHEDULE,
} from './notification-delivery.js';
import type { ComplaintEvent } from './simulated-response.js';
import type { MerchantState } from './state/merchant-state.js';

export interface NotificationSenderOptions {
  /** Real milliseconds for each millisecond of the redelivery schedule. @default 0.001 */
  readonly timeScale?: number;
  /** Milliseconds that an app has to respond to a notification. @default 5000 */
  readonly responseTimeout?: number;
  /** Milliseconds before each redelivery. @default REDELIVERY_SCHEDULE */
  readonly schedule?: readonly number[];
  /**
   * Whether the merchant's own actions are notified: MERCHANT_RESPONSE, MERCHANT_CONFIRM_COMPLETE,
   * MERCHANT_APPROVE_REFUND and MERCHANT_REJECT_REFUND. WeChat Pay no longer does so. @default false
   */
  readonly notifyMerchantActions?: boolean;
  /**
   * Whether the notification of a step is lost: WeChat Pay does not guarantee delivery. It is added to
   * `lostNotifications` of the simulator. @default none is
   */
  readonly losesNotification?: (event: ComplaintEvent) => boolean;
}

/** A notification that was not sent. */
export interface LostNotification {
  readonly mchid: string;
  /** For `notify`, which sends it after all. */
  readonly notification: NotifyOptions;
}

/** Sends notifications to the registered URLs, but never beyond this machine. */
export class NotificationSender {
  private readonly hosts = new Map<string, string>();
  /** Notifications of merchants' actions, since the last `idle`. */
  private readonly pending: Promise<Delivery | undefined>[] = [];
  private readonly aborter = new AbortController();
  /** Oldest first. */
  readonly lost: LostNotification[] = [];

  constructor(
    private readonly options: NotificationSenderOptions,
    /** Milliseconds since 1970. */
    private readonly clock: () => number,
  ) {
    // Every pending delivery listens to the signal, so that many listeners are no leak.
    setMaxListeners(0, this.aborter.signal);
  }

  mapHost(hostname: string, origin: string): void {
    if (!isLoopbackHost(new URL(origin).hostname)) {
      throw new Error(`The simulator posts to loopback only, not to ${origin}.`);
    }
    this.hosts.set(hostname, origin);
  }

  /** @throws Error when no URL is registered, or its host is neither on loopback nor mapped */
  async send(state: MerchantState, options: NotifyOptions): Promise<Delivery> {
    const { callbackUrl, merchant, notificationKey } = state;
    if (callbackUrl === undefined) {
      throw new Error(`No callback URL is registered for merchant ${merchant.mchid}.`);
    }
    return deliver(
      merchant,
      { signWith: notificationKey, ...options },
      {
        url: this.locate(callbackUrl),
        responseTimeout: this.options.responseTimeout ?? 5000,
        timeScale: this.options.timeScale ?? 0.001,
        schedule: this.options.schedule ?? REDELIVERY_SCHEDULE,
        signal: this.aborter.signal,
      },
    );
  }

  /** Undefined when no URL is registered, and when the notification is lost. */
  async sendEvent(state: MerchantState, event: ComplaintEvent): Promise<Delivery | undefined> {
    const { complaint_id, action_type } = event;
    const notification: NotifyOptions = {
      id: createNotificationId(),
      create_time: toChinaTime(this.clock()),
      event_type:
        action_type === 'CREATE_COMPLAINT' ? 'COMPLAINT.CREATE' : 'COMPLAINT.STATE_CHANGE',
      complaint: { complaint_id, action_type },
    };
    if (this.options.losesNotification?.(event)) {
      this.lost.push({ mchid: state.merchant.mchid, notification });
      return undefined;
    }
    if (state.callbackUrl === undefined) return undefined;
    return this.send(state, notification);
  }

  /** Notifies an action of the merchant, if the option is set. `idle` waits for the delivery. */
  sendMerchantAction(state: MerchantState, event: ComplaintEvent): void {
    if (!this.options.notifyMerchantActions) return;
    const delivery = this.sendEvent(state, event);
    // `idle` reports a failure; until then it is no unhandled rejection.
    delivery.catch(() => undefined);
    this.pending.push(delivery);
  }

  async idle(): Promise<readonly Delivery[]> {
    const sent: Promise<Delivery | undefined>[] = [];
    // An app may act again when it is notified, which adds further deliveries.
    while (this.pending.length > 0) {
      const batch = this.pending.splice(0);
      sent.push(...batch);
      await Promise.allSettled(batch);
    }
    const deliveries = await Promise.all(sent);
    return deliveries.filter((delivery) => delivery !== undefined);
  }

  /** Ends all deliveries. */
  stop(): void {
    this.aborter.abort();
  }

  private locate(registered: string): string {
    const url = new URL(registered);
    const origin = this.hosts.get(url.hostname);
    if (origin !== undefined) {
      // Not by resolving the path: one that begins with two slashes would name another host.
      const target = new URL(origin);
      target.pathname = url.pathname;
      return target.href;
    }
    if (isLoopbackHost(url.hostname)) return registered;
    throw new Error(
      `The simulator posts to loopback only: map ${url.hostname} to your app, ` +
        `mapHost('${url.hostname}', 'http://127.0.0.1:3000').`,
    );
  }
}
