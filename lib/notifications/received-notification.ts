import type { ComplaintNotificationPayload } from './complaint-notification-payload.interface.js';

/** What is done about a notification: the method of a route, or a listener. */
export interface NotificationTask {
  /** `Class.method` of a listener, which is remembered by itself. Undefined for the method of a route. */
  readonly listener?: string;
  /** Whether `handle` runs in a transaction of the store's database: see `@InTransaction()`. */
  readonly inTransaction?: boolean;
  /** @param transaction what the app writes with, if `inTransaction` */
  readonly handle: (transaction?: unknown) => Promise<void>;
}

/**
 * How a notification ended well: a task has handled it just now, all tasks had handled it before, or
 * there is no task for it.
 */
export type NotificationOutcome = 'handled' | 'duplicate' | 'ignored';

/** Runs each task at most once for a notification, and resolves when WeChat Pay may get its success response. */
export type ProcessNotification = (
  tasks: readonly NotificationTask[],
) => Promise<NotificationOutcome>;

/** A verified notification, on its way to the handler of its route or to the listeners. */
export class ReceivedNotification {
  private failure?: { readonly error: unknown };

  constructor(
    readonly payload: ComplaintNotificationPayload,
    private readonly run: ProcessNotification,
  ) {}

  async process(tasks: readonly NotificationTask[]): Promise<NotificationOutcome> {
    try {
      return await this.run(tasks);
    } catch (error) {
      this.failure = { error };
      throw error;
    }
  }

  /** Whether `process` rejected with this error, which was logged there. */
  hasFailedWith(error: unknown): boolean {
    return this.failure !== undefined && this.failure.error === error;
  }
}

/**
 * Entries end with their request. They are not properties of the request, so that code which logs a
 * request does not log the payload.
 */
const notifications = new WeakMap<object, ReceivedNotification>();

export function attachNotification(request: object, notification: ReceivedNotification): void {
  notifications.set(request, notification);
}

export function findNotification(request: object): ReceivedNotification | undefined {
  return notifications.get(request);
}

/** @throws Error when the guard did not run: a mistake in the app, not in the request */
export function notificationOf(request: object): ReceivedNotification {
  const notification = findNotification(request);
  if (!notification) throw missingNotification();
  return notification;
}

export function missingNotification(): Error {
  return new Error(
    'This request carries no verified notification. Put @ComplaintNotification() or ' +
      '@UseGuards(ComplaintNotificationGuard) on the route, above decorators that replace its method ' +
      'without copying the metadata. In a test that overrides the guard, write ' +
      '.overrideGuard(ComplaintNotificationGuard).useValue(acceptNotification()) with ' +
      "acceptNotification from 'nestjs-wechatpay-complaint/testing'.",
  );
}
