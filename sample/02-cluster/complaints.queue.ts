import type { ComplaintNotificationPayload } from 'nestjs-wechatpay-complaint';

export const COMPLAINTS_QUEUE = 'complaints';

/** Ids only: the rest of a notification may be personal data, and Redis keeps jobs for days. */
export interface ComplaintJob {
  readonly notificationId: string;
  readonly complaintId: string;
  readonly action: string;
}

/** One job for each notification. BullMQ accepts neither ':' nor a bare number as an id. */
export function jobIdOf({ mchid, id }: Pick<ComplaintNotificationPayload, 'mchid' | 'id'>): string {
  return `${mchid}-${encodeURIComponent(id)}`;
}
