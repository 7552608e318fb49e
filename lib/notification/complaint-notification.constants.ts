/** Metadata of the guard and, by inheritance, of its subclasses. */
export const COMPLAINT_NOTIFICATION_GUARD_METADATA = 'nestjs-wechatpay-complaint:guard';

/**
 * What the guard injects. Guards are made in the module that uses them, so a forgotten import ends
 * here, and Nest prints this description in its error: it has to say which import is missing.
 */
export const COMPLAINT_NOTIFICATION_RECEIVER = Symbol(
  'ComplaintNotificationReceiver of WechatPayComplaintModule',
);
