import { WechatPayError } from './wechatpay.error.js';

/**
 * A call that may take effect was not sent, because there is no platform key with which its response
 * could be verified. `cause` is the error of the last download of platform certificates, if any.
 */
export class WechatPayPlatformKeyError extends WechatPayError {
  declare readonly code: 'NO_PLATFORM_KEY';

  constructor(
    /** Method and path of the request. */
    request: string,
    /** A whole sentence. */
    reason: string,
    cause?: unknown,
  ) {
    super(
      'NO_PLATFORM_KEY',
      `${request} was not sent: there is no platform key to verify its response. ${reason}`,
      { cause },
    );
  }
}
