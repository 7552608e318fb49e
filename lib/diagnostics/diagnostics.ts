import { channel } from 'node:diagnostics_channel';

/** What became of one inbound notification. */
export interface NotificationEvent {
  readonly mchid: string;
  readonly outcome:
    /** The handler is done. With `late` it was so after WeChat Pay had been told to come again. */
    | 'handled'
    /** Handled before: answered without running the handler. */
    | 'duplicate'
    /** Not genuine, or not usable; `code` says why. */
    | 'refused'
    /** Answered with an error so that WeChat Pay comes again; `code` says why, if it is known. */
    | 'postponed'
    /** The handler failed. */
    | 'failed';
  /** The `code` of the ComplaintNotificationException. */
  readonly code?: string;
  readonly late: boolean;
  /** Undefined before a notification is known to be genuine. */
  readonly id?: string;
  readonly requestId?: string;
  /** Milliseconds: of verifying where it was `refused`, of handling otherwise. */
  readonly duration: number;
}

/** What became of one outbound request; a call that is retried makes several. */
export interface CallEvent {
  readonly mchid: string;
  readonly method: string;
  /** Scheme and host that it went to. */
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

/** Name of the `node:diagnostics_channel` that carries a `NotificationEvent`. */
export const NOTIFICATION_CHANNEL = 'nestjs-wechatpay-complaint:notification';

/** Name of the `node:diagnostics_channel` that carries a `CallEvent`. */
export const CALL_CHANNEL = 'nestjs-wechatpay-complaint:call';

const notifications = channel(NOTIFICATION_CHANNEL);
const calls = channel(CALL_CHANNEL);

export function publishNotification(event: NotificationEvent): void {
  if (notifications.hasSubscribers) notifications.publish(event);
}

export function publishCall(event: CallEvent): void {
  if (calls.hasSubscribers) calls.publish(event);
}
