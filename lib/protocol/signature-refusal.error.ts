/** Why the signature of a notification, or of an answer, was not accepted. */
export type SignatureRefusalCode =
  | 'MISSING_HEADERS'
  | 'MALFORMED_HEADERS'
  | 'UNSUPPORTED_SIGNATURE_TYPE'
  | 'TIMESTAMP_TOO_OLD'
  | 'TIMESTAMP_TOO_NEW'
  | 'SIGNATURE_PROBE'
  | 'UNKNOWN_SERIAL'
  | 'SIGNATURE_MISMATCH';

/**
 * What the verification steps throw. Both directions translate it: inbound into an HTTP refusal,
 * outbound into a `WechatPaySignatureError`. The message is meant for logs, never for the peer.
 */
export class SignatureRefusal extends Error {
  override readonly name = 'SignatureRefusal';

  constructor(
    readonly code: SignatureRefusalCode,
    message: string,
  ) {
    super(message);
  }
}
