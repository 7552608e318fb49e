import { WechatPayError } from './wechatpay.error.js';

/**
 * A field that WeChat Pay encrypted for the merchant cannot be decrypted. The error contains neither
 * the field's value nor OpenSSL's reason, which would help only an attacker.
 */
export class WechatPayDecryptionError extends WechatPayError {
  declare readonly code: 'DECRYPTION_FAILED';

  constructor(
    /** Name of the field as WeChat Pay spells it. */
    readonly field: string,
    /** What the field belongs to, such as `complaint '2002...'`. */
    owner: string,
  ) {
    super(
      'DECRYPTION_FAILED',
      `${field} of ${owner} does not decrypt: it is damaged, or it was encrypted for another ` +
        'merchant API certificate than the one that privateKey belongs to.',
    );
  }
}
