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
