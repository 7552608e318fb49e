/** The context of every log line of this package. */
export const LOGGER_CONTEXT = 'WechatPayComplaint';

/**
 * What the guard injects. Nest creates a guard in the module that uses it, so a missing import of
 * WechatPayComplaintModule fails here. Nest prints this description in its error, so it names the
 * missing import.
 */
export const COMPLAINT_NOTIFICATION_RECEIVER = Symbol(
  'ComplaintNotificationReceiver of WechatPayComplaintModule',
);

/** The HttpService of this module: see `http/http-service.ts` for why it has a token of its own. */
export const WECHATPAY_HTTP_SERVICE = Symbol('HttpService of WechatPayComplaintModule');
