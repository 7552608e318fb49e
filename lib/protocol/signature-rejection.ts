import type { SignatureRejectionCode } from '../errors/wechatpay-signature.error.js';

/**
 * Thrown by the verification steps. It becomes a `ComplaintNotificationException` for a notification
 * and a `WechatPaySignatureError` for a response. The message is for logs and is never sent.
 */
export class SignatureRejection extends Error {
  override readonly name = 'SignatureRejection';

  constructor(
    readonly code: SignatureRejectionCode,
    message: string,
  ) {
    super(message);
  }
}
