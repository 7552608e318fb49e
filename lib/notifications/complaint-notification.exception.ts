import { HttpException } from '@nestjs/common';
import type { SignatureRejectionCode } from '../errors/wechatpay-signature.error.js';

/** Why a notification was refused. */
export type ComplaintNotificationCode =
  | SignatureRejectionCode
  | 'UNSUPPORTED_CONTENT_TYPE'
  | 'UNREADABLE_BODY'
  | 'RAW_BODY_UNAVAILABLE'
  | 'BODY_TOO_LARGE'
  | 'MALFORMED_BODY'
  | 'NOT_A_COMPLAINT'
  | 'UNSUPPORTED_ALGORITHM'
  | 'DECRYPTION_FAILED'
  | 'MALFORMED_RESOURCE'
  | 'IN_PROGRESS'
  | 'HANDLER_TIMEOUT'
  | 'STORE_UNAVAILABLE';

/** What the sender is told: enough to see which check failed, nothing about this side. */
const ANSWERS: Readonly<
  Record<ComplaintNotificationCode, readonly [status: number, message: string]>
> = {
  MISSING_HEADERS: [400, 'A signature header is missing'],
  MALFORMED_HEADERS: [400, 'A signature header is malformed'],
  UNSUPPORTED_SIGNATURE_TYPE: [400, 'The signature type is not supported'],
  TIMESTAMP_TOO_OLD: [401, 'The timestamp is too old'],
  TIMESTAMP_TOO_NEW: [401, 'The timestamp lies in the future'],
  SIGNATURE_PROBE: [401, 'The signature is wrong'],
  UNKNOWN_SERIAL: [401, 'The serial is not known'],
  SIGNATURE_MISMATCH: [401, 'The signature is wrong'],
  UNSUPPORTED_CONTENT_TYPE: [415, 'The body must be plain application/json'],
  UNREADABLE_BODY: [400, 'The body did not arrive whole'],
  RAW_BODY_UNAVAILABLE: [500, 'The notification cannot be verified at present'],
  BODY_TOO_LARGE: [413, 'The body is too large'],
  MALFORMED_BODY: [400, 'The body is not a notification'],
  NOT_A_COMPLAINT: [400, 'The notification is not about a complaint'],
  UNSUPPORTED_ALGORITHM: [400, 'The encryption algorithm is not supported'],
  DECRYPTION_FAILED: [400, 'The resource cannot be decrypted'],
  MALFORMED_RESOURCE: [400, 'The resource is not a complaint'],
  IN_PROGRESS: [409, 'The notification is being handled'],
  HANDLER_TIMEOUT: [503, 'Handling the notification takes longer'],
  STORE_UNAVAILABLE: [503, 'The notification cannot be handled at present'],
};

/**
 * A notification that is refused. `getResponse()` is the answer that WeChat Pay expects,
 * `{"code":"FAIL","message"}`; `code` is the reason, for your own filters; `detail` says what is
 * wrong and what to do, for logs only.
 */
export class ComplaintNotificationException extends HttpException {
  /** `Request-ID` of the notification, when it has one. */
  requestId?: string;

  constructor(
    readonly code: ComplaintNotificationCode,
    /** For logs. Holds no key, no signature and nothing of the plaintext. */
    readonly detail: string,
    options: { cause?: unknown; requestId?: string } = {},
  ) {
    const [status, message] = ANSWERS[code];
    super(failure(message), status, { cause: options.cause });
    this.requestId = options.requestId;
  }
}

/** The body of every negative answer. @see https://pay.weixin.qq.com/doc/v3/merchant/4012467249 */
export function failure(message: string): { code: 'FAIL'; message: string } {
  return { code: 'FAIL', message };
}
