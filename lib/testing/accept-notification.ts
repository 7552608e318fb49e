import { randomUUID } from 'node:crypto';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import type {
  ComplaintNotificationPayload,
  ComplaintResource,
} from '../notifications/complaint-notification-payload.interface.js';
import {
  attachNotification,
  ReceivedNotification,
} from '../notifications/received-notification.js';

/** Parts of a notification that matter to a test. The rest gets a sensible value. */
export interface AcceptedNotification extends Partial<
  Omit<ComplaintNotificationPayload, 'complaint'>
> {
  readonly complaint?: Partial<ComplaintResource>;
}

/**
 * Takes the place of the guard in a test of a route that sends no signed notification. Every request
 * counts as this notification, and the handler runs for each one.
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
      const request = context.getArgByIndex<object>(0);
      attachNotification(request, new ReceivedNotification(payload, (handle) => handle()));
      return true;
    },
  };
}
