import { WechatPayError } from './wechatpay.error.js';

/**
 * The store did not respond or had no room, so it is not known whether the notification is being
 * handled or was handled. The notification is deferred: WeChat Pay delivers it again.
 */
export class NotificationStoreError extends WechatPayError {
  declare readonly code: 'STORE_UNAVAILABLE';

  constructor(message: string, cause?: unknown) {
    super('STORE_UNAVAILABLE', message, { cause });
  }
}
