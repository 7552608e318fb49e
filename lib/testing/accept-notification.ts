import { randomUUID } from 'node:crypto';
import { type CanActivate, type ExecutionContext, Logger } from '@nestjs/common';
import type {
  ComplaintNotificationPayload,
  ComplaintResource,
} from '../notifications/complaint-notification-payload.interface.js';
import { logFailure } from '../notifications/handler-failure.js';
import { notificationFields, notificationLabel } from '../notifications/notification-label.js';
import {
  attachNotification,
  type NotificationTask,
  ReceivedNotification,
} from '../notifications/received-notification.js';
import { LOGGER_CONTEXT } from '../wechatpay-complaint.constants.js';

/** Parts of a notification that matter to a test. The rest gets a sensible value. */
export interface AcceptedNotification extends Partial<
  Omit<ComplaintNotificationPayload, 'complaint'>
> {
  readonly complaint?: Partial<ComplaintResource>;
}

/**
 * Takes the place of the guard in a test of a route that sends no signed notification. Every request
 * counts as this notification, and the handler, or each listener, runs for each one.
 *
 * ```ts
 * Test.createTestingModule({ imports: [AppModule] })
 *   .overrideGuard(ComplaintNotificationGuard)
 *   .useValue(acceptNotification({ complaint: { action_type: 'USER_RESPONSE' } }));
 * ```
 */
export function acceptNotification({
  complaint,
  ...envelope
}: AcceptedNotification = {}): CanActivate {
  const payload: ComplaintNotificationPayload = {
    mchid: '1900000109',
    id: `EV-${randomUUID()}`,
    origin: 'notification',
    event_type: 'COMPLAINT.CREATE',
    ...envelope,
    complaint: {
      complaint_id: '200201820200101080076610000',
      action_type: 'CREATE_COMPLAINT',
      ...complaint,
    },
  };
  return {
    canActivate: (context: ExecutionContext): boolean => {
      const notification = new ReceivedNotification(payload, async (tasks) => {
        const runs = tasks.map((task) => runTask(payload, task));
        await Promise.allSettled(runs);
        await Promise.all(runs);
        return tasks.length > 0 ? 'handled' : 'ignored';
      });
      attachNotification(context.getArgByIndex(0), notification);
      return true;
    },
  };
}

async function runTask(
  payload: ComplaintNotificationPayload,
  { listener, handle }: NotificationTask,
): Promise<void> {
  try {
    await handle();
  } catch (error) {
    logFailure(
      new Logger(LOGGER_CONTEXT),
      notificationLabel(payload, listener),
      error,
      notificationFields(payload, listener),
    );
    throw error;
  }
}
