import { type TracingChannel, tracingChannel } from 'node:diagnostics_channel';
import { CALL_CHANNEL, NOTIFICATION_CHANNEL } from './diagnostics.js';

/**
 * The message of the tracing channel `NOTIFICATION_CHANNEL`: one run of a handler, from its start until
 * it has ended, however late. A notification that does not reach the handler has none.
 */
export interface NotificationTrace {
  readonly mchid: string;
  readonly id: string;
  readonly requestId?: string;
  readonly eventType: string;
  /** Nobody has checked this text nor the next one: only that WeChat Pay wrote them. */
  readonly actionType: string;
  readonly complaintId: string;
  /** `Class.method` of the listener, if it is not the method of a route. */
  readonly listener?: string;
  /** Runs the handler. A subscriber of `start` may replace it, to run the handler in a context of its own. */
  run: () => Promise<void>;
  /** What the handler threw. */
  error?: unknown;
}

/** The message of the tracing channel `CALL_CHANNEL`: one call, with all its attempts and pauses. */
export interface CallTrace {
  readonly mchid: string;
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  /** How many requests have been sent. */
  attempts: number;
  /** Scheme and host of the last request. */
  baseUrl?: string;
  /** Undefined as long as the call goes on. */
  outcome?: 'succeeded' | 'failed';
  /** The `code` of the error. */
  code?: string;
  status?: number;
  requestId?: string;
  /** Sends the first request. A subscriber of `start` may replace it, to run the call in a context of its own. */
  run: () => void;
  /** What the call failed with. */
  error?: unknown;
}

const notifications: TracingChannel<unknown, NotificationTrace> =
  tracingChannel(NOTIFICATION_CHANNEL);

/** Published by `http/call-trace.ts`. */
export const callTracing: TracingChannel<unknown, CallTrace> = tracingChannel(CALL_CHANNEL);

/** Whether anybody wants traces of notifications. Without, this check is all that tracing costs. */
export function tracesNotifications(): boolean {
  return notifications.hasSubscribers;
}

/** Runs the handler, and publishes when it starts and when it has ended. */
export function traceNotification(trace: NotificationTrace): Promise<void> {
  // Reads `run` only after the subscribers of `start`, and makes a promise of whatever it returns.
  return notifications.tracePromise(async () => trace.run(), trace);
}
