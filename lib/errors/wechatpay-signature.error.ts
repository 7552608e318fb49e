import { WechatPayError, type WechatPayErrorOptions } from './wechatpay.error.js';

/** Why the signature of a notification or of a response was rejected. */
export type SignatureRejectionCode =
  | 'MISSING_HEADERS'
  | 'MALFORMED_HEADERS'
  | 'UNSUPPORTED_SIGNATURE_TYPE'
  | 'TIMESTAMP_TOO_OLD'
  | 'TIMESTAMP_TOO_NEW'
  | 'SIGNATURE_PROBE'
  | 'UNKNOWN_SERIAL'
  | 'SIGNATURE_MISMATCH';

/**
 * The signature of a successful response was rejected, so nothing in that response is trusted. The
 * request itself may have taken effect: read the resource before you send it again. The code
 * `SIGNATURE_PROBE` is routine: WeChat Pay sends wrong signatures on purpose from time to time.
 */
export class WechatPaySignatureError extends WechatPayError {
  declare readonly code: SignatureRejectionCode;

  constructor(
    /** Method and path. */
    request: string,
    rejection: { readonly code: SignatureRejectionCode; readonly message: string },
    options: WechatPayErrorOptions,
  ) {
    super(
      rejection.code,
      `The response to ${request} was rejected (${rejection.code}): ${rejection.message} ` +
        'The request may have taken effect; read the resource to find out.' +
        (options.requestId ? ` (Request-ID ${options.requestId})` : ''),
      options,
    );
  }
}
