import { WechatPayError } from './wechatpay.error.js';

/**
 * The store did not reply, or is full. Whether the notification is being handled or was handled
 * before is unknown, so it is deferred: WeChat Pay delivers it again.
 */
export class NotificationStoreError extends WechatPayError {
  declare readonly code: 'STORE_UNAVAILABLE';

  constructor(message: string, cause?: unknown) {
    super('STORE_UNAVAILABLE', message, { cause });
  }
}
