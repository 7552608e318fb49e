import type { ComplaintNotificationPayload } from './complaint-notification-payload.interface.js';

/** By request, and gone with it. Not on the request: whoever logs that does not log the payload. */
const payloads = new WeakMap<object, ComplaintNotificationPayload>();

export function attachPayload(request: object, payload: ComplaintNotificationPayload): void {
  payloads.set(request, payload);
}

export function findPayload(request: object): ComplaintNotificationPayload | undefined {
  return payloads.get(request);
}

/** @throws Error when the guard did not run: a mistake in the app, not in the request */
export function payloadOf(request: object): ComplaintNotificationPayload {
  const payload = findPayload(request);
  if (payload) return payload;
  throw new Error(
    '@ComplaintPayload() found no notification: put @ComplaintNotification() or ' +
      '@UseGuards(ComplaintNotificationGuard) on this route.',
  );
}
