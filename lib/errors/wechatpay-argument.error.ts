import { WechatPayError } from './wechatpay.error.js';

/** An argument that WeChat Pay would reject. No request was sent. */
export class WechatPayArgumentError extends WechatPayError {
  declare readonly code: 'INVALID_ARGUMENT';

  constructor(
    /** Name of the field as WeChat Pay spells it. */
    readonly field: string,
    /** Everything that is wrong with it, each as the rest of a sentence that begins with its name. */
    readonly problems: readonly string[],
  ) {
    super('INVALID_ARGUMENT', `${field} ${problems.join('; ')}. Nothing was sent.`);
  }
}
