import { inspect } from 'node:util';
import { isJsonObject } from '../utils/json.js';
import { typeName } from '../utils/type-name.js';

/** The longest that a timer of Node can run, in milliseconds. */
const MAX_TIMEOUT = 2 ** 31 - 1;

/**
 * A payload may come out of a queue, where another version of the app has put it.
 *
 * @throws TypeError when it lacks what identifies a notification and its complaint
 */
export function assertDispatchable(payload: unknown): void {
  const notification = isJsonObject(payload) ? payload : {};
  const complaint = isJsonObject(notification.complaint) ? notification.complaint : {};
  const missing = Object.entries({
    mchid: notification.mchid,
    id: notification.id,
    'complaint.complaint_id': complaint.complaint_id,
    'complaint.action_type': complaint.action_type,
  }).flatMap(([field, value]) => (typeof value === 'string' && value !== '' ? [] : [field]));
  if (missing.length === 0) return;
  throw new TypeError(
    `dispatch() was called with ${typeName(payload)} that is no ComplaintNotificationPayload: missing or no ` +
      `text: ${missing.join(', ')}. Give it what ComplaintNotificationVerifier.verify() or @ComplaintPayload() gave.`,
  );
}

/** @throws TypeError when it is not a number of milliseconds above zero */
export function assertTimeout(handlerTimeout: unknown): void {
  if (handlerTimeout === undefined) return;
  if (typeof handlerTimeout === 'number' && handlerTimeout > 0 && handlerTimeout <= MAX_TIMEOUT) {
    return;
  }
  throw new TypeError(
    `handlerTimeout of dispatch() is ${inspect(handlerTimeout)}. Give milliseconds above 0 and up to ${MAX_TIMEOUT}.`,
  );
}
