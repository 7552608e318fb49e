import { WechatPayError } from './wechatpay.error.js';

/**
 * The store did not answer, or had no room: whether the notification is being handled, or was, is
 * not known. To be refused, so that WeChat Pay repeats it.
 */
export class NotificationStoreError extends WechatPayError {
  declare readonly code: 'STORE_UNAVAILABLE';

  constructor(message: string, cause?: unknown) {
    super('STORE_UNAVAILABLE', message, { cause });
  }
}
