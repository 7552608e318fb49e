import type { LogFields } from '../utils/log-entry.js';
import type { ComplaintNotificationPayload } from './complaint-notification-payload.interface.js';

/**
 * Names a notification in a log line: `Notification EV-1 (CREATE_COMPLAINT, complaint 2002)`, with
 * ` for Class.method` behind it when the line is about one listener.
 */
export function notificationLabel(
  { id, complaint }: ComplaintNotificationPayload,
  listener?: string,
): string {
  const { action_type, complaint_id } = complaint;
  const label = `Notification ${id} (${inOneLine(action_type)}, complaint ${inOneLine(complaint_id)})`;
  return listener === undefined ? label : `${label} for ${listener}`;
}

/** The same as fields, for programs that read the log. */
export function notificationFields(
  { mchid, id, request_id, event_type, complaint }: ComplaintNotificationPayload,
  listener?: string,
): LogFields {
  return {
    mchid,
    notificationId: id,
    requestId: request_id,
    eventType: inOneLine(event_type),
    actionType: inOneLine(complaint.action_type),
    complaintId: inOneLine(complaint.complaint_id),
    listener,
  };
}

/** The id has been checked; the resource has not, and must not begin a log line of its own. */
function inOneLine(text: string): string {
  return text.replaceAll(/[\p{C}\p{Z}]+/gu, ' ').slice(0, 64);
}
