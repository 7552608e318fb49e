import type { ComplaintNotificationPayload } from './complaint-notification-payload.interface.js';

const PAYLOAD = Symbol('ComplaintNotificationPayload');

interface RequestWithPayload {
  [PAYLOAD]?: ComplaintNotificationPayload;
}

/** Not enumerable: whoever logs the request does not log the payload. */
export function attachPayload(request: object, payload: ComplaintNotificationPayload): void {
  Object.defineProperty(request, PAYLOAD, { value: payload, configurable: true });
}

/** @throws Error when the guard did not run: a mistake in the app, not in the request */
export function payloadOf(request: RequestWithPayload): ComplaintNotificationPayload {
  const payload = request[PAYLOAD];
  if (payload) return payload;
  throw new Error(
    '@ComplaintPayload() found no notification: put @ComplaintNotification() or ' +
      '@UseGuards(ComplaintNotificationGuard) on this route.',
  );
}
