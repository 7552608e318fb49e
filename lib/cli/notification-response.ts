import type {
  DeliveryAttempt,
  NotificationKind,
} from '../testing/simulator/notification-delivery.js';
import { parseJsonObject } from '../utils/json.js';

export const NOTIFICATION_KINDS = [
  'genuine',
  'probe',
  'tampered',
  'expired',
  'unknown-key',
] as const satisfies readonly NotificationKind[];

/** What a response to a notification means. */
export interface ResponseVerdict {
  /** Whether it is the response that this kind of notification should get. */
  readonly isRight: boolean;
  /** Why, and what to do: a whole sentence or more. */
  readonly explanation: string;
}

/** What the module's own responses say, by their message. */
const REASONS: Readonly<Record<string, string>> = {
  'A signature header is missing':
    'MISSING_HEADERS: something between here and the app strips Wechatpay-* headers.',
  'A signature header is malformed':
    'MALFORMED_HEADERS: something between here and the app rewrites Wechatpay-* headers.',
  'The signature type is not supported': 'UNSUPPORTED_SIGNATURE_TYPE.',
  'The timestamp is too old':
    'TIMESTAMP_TOO_OLD: the clock of the app is ahead, or the notification took minutes to arrive.',
  'The timestamp lies in the future': 'TIMESTAMP_TOO_NEW: the clock of the app is behind.',
  'The signature is wrong':
    'SIGNATURE_MISMATCH: the body was changed on the way, or the app verifies with another key under ' +
    'the same id.',
  'The serial is not known':
    'UNKNOWN_SERIAL: the app has other platform keys. Start it with the environment that simulate ' +
    'prints.',
  'The body must be plain application/json':
    'UNSUPPORTED_CONTENT_TYPE: something changes the content type.',
  'The body is incomplete': 'UNREADABLE_BODY: the connection ended early.',
  'The notification cannot be verified at present':
    'RAW_BODY_UNAVAILABLE: the app keeps no raw body. Create it with rawBody: true; its log says more.',
  'The resource cannot be decrypted':
    'DECRYPTION_FAILED: the app has another APIv3 key. Start it with the environment that simulate ' +
    'prints.',
  'The notification is not about a complaint': 'NOT_A_COMPLAINT.',
  'The resource is not a complaint': 'MALFORMED_RESOURCE: --data has removed an id or action type.',
  'The notification is being handled':
    'IN_PROGRESS: another copy is being handled. WeChat Pay delivers it again.',
  'Handling the notification takes longer':
    'HANDLER_TIMEOUT: the handler goes on. WeChat Pay delivers the notification again.',
  'The notification cannot be handled at present':
    'STORE_UNAVAILABLE: the store of notifications does not respond; the log of the app says more.',
};

/**
 * Judges the response to a notification as WeChat Pay would.
 *
 * @param copies how many were sent at the same moment: all but one may be deferred
 */
export function judgeResponse(
  { status, body }: DeliveryAttempt,
  kind: NotificationKind,
  copies = 1,
): ResponseVerdict {
  if (status === undefined) {
    return { isRight: false, explanation: `No response came: ${body}.` };
  }
  const isAccepted = isSuccess(status);
  if (kind === 'genuine') {
    return isAccepted
      ? { isRight: true, explanation: 'Accepted.' }
      : { isRight: status === 409 && copies > 1, explanation: whyRefused(status, body) };
  }
  if (status < 400) {
    return {
      isRight: false,
      explanation: `It is not genuine (${kind}) and was accepted: this route does not verify signatures.`,
    };
  }
  return status < 500
    ? { isRight: true, explanation: 'Refused, as it should be.' }
    : { isRight: false, explanation: whyRefused(status, body) };
}

/** WeChat Pay takes these two for success. */
export function isSuccess(status: number | undefined): boolean {
  return status === 200 || status === 204;
}

function whyRefused(status: number, body: string): string {
  const message = parseJsonObject(Buffer.from(body))?.message;
  const reason = typeof message === 'string' ? REASONS[message] : undefined;
  if (reason !== undefined) return reason;
  if (status === 404) return 'There is no route at this path, or none for POST.';
  if (status < 300) {
    return `WeChat Pay takes 200 and 204 only for success. Is @ComplaintNotification() on the route?`;
  }
  if (status < 400) return 'WeChat Pay follows no redirects: give the final URL.';
  if (status === 401 || status === 403) {
    return 'Another guard of the app, or something in front of it, wants a login.';
  }
  if (status >= 500) return 'The handler failed: the log of the app says why.';
  return 'This is no response of @ComplaintNotification(): something before it refused the request.';
}
