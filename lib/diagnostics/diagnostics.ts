import { channel } from 'node:diagnostics_channel';

/** What happened to one inbound notification; with `listener`, what that listener made of it. */
export interface NotificationEvent {
  /** Undefined if it is not known which merchant of the app it is for. */
  readonly mchid?: string;
  /** `reconciliation`: a sweep found that no notification of it had arrived. */
  readonly origin?: 'notification' | 'reconciliation';
  readonly outcome:
    /** The handler succeeded. With `late` it did so after the notification had been deferred. */
    | 'handled'
    /** It was handled before: responded with success, and the handler did not run. */
    | 'duplicate'
    /** No listener listens for its action: responded with success. */
    | 'ignored'
    /** It is not genuine, or not usable; `code` says why. */
    | 'rejected'
    /**
     * It cannot be handled now; `code` says why. WeChat Pay redelivers it. It is genuine, except with
     * the code `MERCHANT_UNAVAILABLE`, where that could not be found out.
     */
    | 'deferred'
    /** The handler failed. WeChat Pay redelivers it. */
    | 'failed';
  /** The `code` of the ComplaintNotificationException. */
  readonly code?: string;
  /** `Class.method` of the listener: each one has an event of its own. */
  readonly listener?: string;
  /** Whether the response had been sent before this outcome. */
  readonly late: boolean;
  /** Undefined as long as the notification is not known to be genuine. */
  readonly id?: string;
  readonly requestId?: string;
  /** Milliseconds since the request arrived. */
  readonly duration: number;
}

/** What happened to one outbound request. A call that is retried makes several requests. */
export interface CallEvent {
  readonly mchid: string;
  readonly method: string;
  /** Scheme and host of the request. */
  readonly baseUrl: string;
  /** Path and query. */
  readonly target: string;
  readonly outcome: 'succeeded' | 'failed';
  /** The `code` of the error. */
  readonly code?: string;
  readonly status?: number;
  readonly requestId?: string;
  /** Milliseconds. */
  readonly duration: number;
}

/** What one sweep over the complaints of a merchant has done. */
export interface SweepEvent {
  readonly mchid: string;
  readonly outcome:
    | 'completed'
    /** The app shut down. */
    | 'stopped'
    /** WeChat Pay or the store could not be asked. */
    | 'failed';
  /** Complaints in the range. */
  readonly listed: number;
  /** Lost complaints and changes that were handled. */
  readonly fed: number;
  /** Lost complaints and changes whose handlers failed. */
  readonly failed: number;
  /** Reminders of deadlines. */
  readonly reminded: number;
  /** Requests to WeChat Pay. */
  readonly calls: number;
  /** Milliseconds. */
  readonly duration: number;
}

/** Name of the `node:diagnostics_channel` that carries a `NotificationEvent`. */
export const NOTIFICATION_CHANNEL = 'nestjs-wechatpay-complaint:notification';

/** Name of the `node:diagnostics_channel` that carries a `CallEvent`. */
export const CALL_CHANNEL = 'nestjs-wechatpay-complaint:call';

/** Name of the `node:diagnostics_channel` that carries a `SweepEvent`. */
export const SWEEP_CHANNEL = 'nestjs-wechatpay-complaint:sweep';

const notifications = channel(NOTIFICATION_CHANNEL);
const calls = channel(CALL_CHANNEL);
const sweeps = channel(SWEEP_CHANNEL);

export function publishNotification(event: NotificationEvent): void {
  if (notifications.hasSubscribers) notifications.publish(event);
}

export function publishCall(event: CallEvent): void {
  if (calls.hasSubscribers) calls.publish(event);
}

export function publishSweep(event: SweepEvent): void {
  if (sweeps.hasSubscribers) sweeps.publish(event);
}
