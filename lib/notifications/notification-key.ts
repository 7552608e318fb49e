import { createHash } from 'node:crypto';
import type { NotificationKey } from '../stores/notification-store.interface.js';
import type { LogFields } from '../utils/log-entry.js';
import type { ComplaintNotificationPayload } from './complaint-notification-payload.interface.js';

/**
 * Under which key a notification is remembered: its id for the method of a route, `id#Class.method`
 * for a listener. The key must not change between versions of this package or of the app: otherwise
 * redeliveries of notifications that were handled before are handled again.
 */
export function notificationKey(
  { mchid, id }: Pick<ComplaintNotificationPayload, 'mchid' | 'id'>,
  listener?: string,
): NotificationKey {
  return { mchid, id: listener === undefined ? id : `${id}#${listener}` };
}

/** What a key says, for programs that read the log. */
export function keyFields({ mchid, id }: NotificationKey): LogFields {
  const [notificationId, listener] = id.split('#', 2);
  return { mchid, notificationId, listener };
}

/**
 * The id of what reconciliation gives to handlers: as long as those of WeChat Pay, and the same in every
 * process that finds the same.
 */
export function reconciliationId(...parts: readonly string[]): string {
  const digest = createHash('sha256').update(JSON.stringify(parts)).digest('hex');
  return `RC-${digest.slice(0, 33)}`;
}

/**
 * The id of the creation of a complaint. When complaints are reconciled, it takes the place of the id
 * of the notification, so that a notification that arrives after a sweep has found its complaint is
 * recognised.
 */
export function creationId(complaintId: string): string {
  return reconciliationId('CREATE_COMPLAINT', complaintId);
}
