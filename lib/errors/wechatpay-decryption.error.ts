import { WechatPayError } from './wechatpay.error.js';

/**
 * A field that WeChat Pay has encrypted for the merchant cannot be read. It holds neither what was to
 * be read nor why OpenSSL could not, for that is of no use to anybody but an attacker.
 */
export class WechatPayDecryptionError extends WechatPayError {
  declare readonly code: 'DECRYPTION_FAILED';

  constructor(
    /** Name of the field as it goes over the wire. */
    readonly field: string,
    of: string,
  ) {
    super(
      'DECRYPTION_FAILED',
      `${field} of ${of} does not decrypt: it is damaged, or was encrypted for another ` +
        'certificate of the merchant than that of privateKey.',
    );
  }
}
