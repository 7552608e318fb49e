import { WechatPayError } from './wechatpay.error.js';

/** Why there is no merchant for a call or a notification. */
export type WechatPayMerchantErrorCode =
  /** The app has no merchant with this id. */
  | 'UNKNOWN_MERCHANT'
  /** The app has several merchants, and none was named. */
  | 'MERCHANT_NOT_NAMED'
  /** `find` failed, took too long or returned faulty options: `cause` says which. */
  | 'MERCHANT_UNAVAILABLE';

/** It is not known for which merchant to act, or that merchant cannot be used now. Nothing was sent. */
export class WechatPayMerchantError extends WechatPayError {
  declare readonly code: WechatPayMerchantErrorCode;
  /** Undefined if none was named. */
  declare readonly mchid?: string;

  constructor(
    code: WechatPayMerchantErrorCode,
    message: string,
    { mchid, cause }: { readonly mchid?: string; readonly cause?: unknown } = {},
  ) {
    super(code, message, { cause });
    if (mchid !== undefined) this.mchid = mchid;
  }
}
