import type { ComplaintNotificationPayload } from 'nestjs-wechatpay-complaint';

export const COMPLAINTS_QUEUE = 'complaints';

/** Ids only: what else a notification holds may be personal, and Redis keeps jobs for days. */
export interface ComplaintJob {
  readonly notificationId: string;
  readonly complaintId: string;
  readonly action: string;
}

/** One job for one notification. BullMQ takes neither ':' nor a bare number for an id. */
export function jobIdOf({ mchid, id }: Pick<ComplaintNotificationPayload, 'mchid' | 'id'>): string {
  return `${mchid}-${encodeURIComponent(id)}`;
}
