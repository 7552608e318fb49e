import { WechatPayError } from './wechatpay.error.js';

/** An argument that WeChat Pay would refuse. Nothing was sent. */
export class WechatPayArgumentError extends WechatPayError {
  declare readonly code: 'INVALID_ARGUMENT';

  constructor(
    /** Name of the field as it goes over the wire. */
    readonly field: string,
    readonly problems: readonly string[],
  ) {
    super('INVALID_ARGUMENT', `${field} ${problems.join('; ')}. Nothing was sent.`);
  }
}
