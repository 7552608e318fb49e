import { HttpException } from '@nestjs/common';
import type { SignatureRejectionCode } from '../errors/wechatpay-signature.error.js';

/** Why a notification was rejected: something is wrong with it, or with how it reached the app. */
export type ComplaintNotificationRejectionCode =
  | SignatureRejectionCode
  | 'UNKNOWN_MERCHANT'
  | 'UNSUPPORTED_CONTENT_TYPE'
  | 'UNREADABLE_BODY'
  | 'RAW_BODY_UNAVAILABLE'
  | 'BODY_TOO_LARGE'
  | 'MALFORMED_BODY'
  | 'NOT_A_COMPLAINT'
  | 'UNSUPPORTED_ALGORITHM'
  | 'DECRYPTION_FAILED'
  | 'MALFORMED_RESOURCE';

/**
 * Why a notification was deferred: it cannot be handled now, and a redelivery can be. It is genuine,
 * except with `MERCHANT_UNAVAILABLE`, where that could not be found out.
 */
export type ComplaintNotificationDeferralCode =
  'IN_PROGRESS' | 'HANDLER_TIMEOUT' | 'STORE_UNAVAILABLE' | 'MERCHANT_UNAVAILABLE';

export type ComplaintNotificationCode =
  ComplaintNotificationRejectionCode | ComplaintNotificationDeferralCode;

type Responses<Code extends string> = Readonly<
  Record<Code, readonly [status: number, message: string]>
>;

/** The response to the sender: it names the check that failed and tells nothing about this app. */
const REJECTIONS: Responses<ComplaintNotificationRejectionCode> = {
  MISSING_HEADERS: [400, 'A signature header is missing'],
  MALFORMED_HEADERS: [400, 'A signature header is malformed'],
  UNSUPPORTED_SIGNATURE_TYPE: [400, 'The signature type is not supported'],
  TIMESTAMP_TOO_OLD: [401, 'The timestamp is too old'],
  TIMESTAMP_TOO_NEW: [401, 'The timestamp lies in the future'],
  SIGNATURE_PROBE: [401, 'The signature is wrong'],
  UNKNOWN_SERIAL: [401, 'The serial is not known'],
  // The same message: it does not tell strangers which merchants this app has.
  UNKNOWN_MERCHANT: [401, 'The serial is not known'],
  SIGNATURE_MISMATCH: [401, 'The signature is wrong'],
  UNSUPPORTED_CONTENT_TYPE: [415, 'The body must be plain application/json'],
  UNREADABLE_BODY: [400, 'The body is incomplete'],
  RAW_BODY_UNAVAILABLE: [500, 'The notification cannot be verified at present'],
  BODY_TOO_LARGE: [413, 'The body is too large'],
  MALFORMED_BODY: [400, 'The body is not a notification'],
  NOT_A_COMPLAINT: [400, 'The notification is not about a complaint'],
  UNSUPPORTED_ALGORITHM: [400, 'The encryption algorithm is not supported'],
  DECRYPTION_FAILED: [400, 'The resource cannot be decrypted'],
  MALFORMED_RESOURCE: [400, 'The resource is not a complaint'],
};

const DEFERRALS: Responses<ComplaintNotificationDeferralCode> = {
  IN_PROGRESS: [409, 'The notification is being handled'],
  HANDLER_TIMEOUT: [503, 'Handling the notification takes longer'],
  STORE_UNAVAILABLE: [503, 'The notification cannot be handled at present'],
  MERCHANT_UNAVAILABLE: [503, 'The notification cannot be handled at present'],
};

/** Whether the sender should try again. Otherwise something is wrong with the notification. */
export function isDeferral(
  code: ComplaintNotificationCode,
): code is ComplaintNotificationDeferralCode {
  return code in DEFERRALS;
}

const RESPONSES: Responses<ComplaintNotificationCode> = { ...REJECTIONS, ...DEFERRALS };

/**
 * A notification that was rejected or deferred. `getResponse()` is the body that WeChat Pay expects,
 * `{"code":"FAIL","message"}`. Your own filters decide by `code`.
 */
export class ComplaintNotificationException extends HttpException {
  /** `Request-ID` of the notification, if it has one. */
  requestId?: string;
  /** The merchant that the notification is for, as far as that is known. */
  mchid?: string;

  constructor(
    readonly code: ComplaintNotificationCode,
    /** What is wrong and what to do, for logs. It holds no key, no signature and no plaintext. */
    readonly detail: string,
    options: { cause?: unknown; requestId?: string; mchid?: string } = {},
  ) {
    const [status, message] = RESPONSES[code];
    super(failureBody(message), status, { cause: options.cause });
    this.requestId = options.requestId;
    this.mchid = options.mchid;
  }
}

/** The body of every 4xx and 5xx response. @see https://pay.weixin.qq.com/doc/v3/merchant/4012467249 */
export function failureBody(message: string): { code: 'FAIL'; message: string } {
  return { code: 'FAIL', message };
}
