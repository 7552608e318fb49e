import type { SignatureRejectionCode } from '../errors/wechatpay-signature.error.js';

/**
 * Thrown by the verification steps. A notification turns it into a `ComplaintNotificationException`,
 * a response into a `WechatPaySignatureError`. The message is for logs and never sent to the peer.
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
