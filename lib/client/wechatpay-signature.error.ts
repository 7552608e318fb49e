import type {
  SignatureRefusal,
  SignatureRefusalCode,
} from '../protocol/signature-refusal.error.js';
import { WechatPayError, type WechatPayErrorOptions } from '../protocol/wechatpay.error.js';

/**
 * A success answer could not be verified, so nothing of it is believed. The call itself may have
 * taken effect: read the resource again before repeating it. With `SIGNATURE_PROBE` that is the
 * normal course of things, for WeChat Pay does it on purpose now and then.
 */
export class WechatPaySignatureError extends WechatPayError {
  declare readonly code: SignatureRefusalCode;

  constructor(call: string, refusal: SignatureRefusal, options: WechatPayErrorOptions) {
    super(
      refusal.code,
      `The answer to ${call} is not trusted (${refusal.code}): ${refusal.message} ` +
        'The call may have taken effect; read again to know.' +
        (options.requestId ? ` (Request-ID ${options.requestId})` : ''),
      options,
    );
  }
}
