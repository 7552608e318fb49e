import type { ComplaintNotificationPayload } from './complaint-notification-payload.interface.js';

/** Runs a handler at most once for a notification, and resolves when WeChat Pay may be told so. */
export type ProcessNotification = (handle: () => Promise<void>) => Promise<void>;

/** A verified notification, on its way from the guard to the handler of its route. */
export class ReceivedNotification {
  private failure?: { readonly error: unknown };

  constructor(
    readonly payload: ComplaintNotificationPayload,
    private readonly run: ProcessNotification,
  ) {}

  async process(handle: () => Promise<void>): Promise<void> {
    try {
      await this.run(handle);
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
