/** `COMPLAINT.CREATE`: a new complaint; `COMPLAINT.STATE_CHANGE`: something happened to one. Open set. */
export type ComplaintEventType = 'COMPLAINT.CREATE' | 'COMPLAINT.STATE_CHANGE' | (string & {});

/** What happened. Open set: handle values that you do not know in one default path. */
export type ComplaintActionType =
  /** The consumer filed a complaint. */
  | 'CREATE_COMPLAINT'
  /** The consumer complained again about the same order. */
  | 'CONTINUE_COMPLAINT'
  /** The consumer left a message. */
  | 'USER_RESPONSE'
  /** The platform left a message. */
  | 'RESPONSE_BY_PLATFORM'
  /** The merchant refunded in full. */
  | 'SELLER_REFUND'
  /** The merchant replied. */
  | 'MERCHANT_RESPONSE'
  /** The merchant marked the complaint as completed. */
  | 'MERCHANT_CONFIRM_COMPLETE'
  /** The consumer asked the platform to step in. */
  | 'USER_APPLY_PLATFORM_SERVICE'
  /** The consumer withdrew that request. */
  | 'USER_CANCEL_PLATFORM_SERVICE'
  /** The platform finished its part. */
  | 'PLATFORM_SERVICE_FINISHED'
  /** The merchant approved a refund. */
  | 'MERCHANT_APPROVE_REFUND'
  /** The merchant rejected a refund. */
  | 'MERCHANT_REJECT_REFUND'
  /** The refund arrived. */
  | 'REFUND_SUCCESS'
  | (string & {});

/**
 * The decrypted resource. Two fields are documented. Others are kept as they come, and are hidden from
 * `util.inspect`, because they can contain a phone number in plain text. Rely on the id alone and look
 * the complaint up.
 */
export interface ComplaintResource {
  /** At most 64 characters. */
  readonly complaint_id: string;
  readonly action_type: ComplaintActionType;
  /** @deprecated Undocumented; it will disappear. */
  readonly out_trade_no?: string;
  /** @deprecated Undocumented; it will disappear. */
  readonly complaint_time?: string;
  /** In fen. @deprecated Undocumented; it will disappear. */
  readonly amount?: number;
  /** In plain text: never log it. @deprecated Undocumented; it will disappear. */
  readonly payer_phone?: string;
  /** @deprecated Undocumented; it will disappear. */
  readonly complaint_detail?: string;
  /** From an older enumeration. @deprecated Undocumented; it will disappear. */
  readonly complaint_state?: string;
  /** @deprecated Undocumented; it will disappear. */
  readonly transaction_id?: string;
  /** @deprecated Undocumented; it will disappear. */
  readonly complaint_handle_state?: string;
  readonly [field: string]: unknown;
}

/**
 * A verified and decrypted complaint notification (投诉通知回调). The optional fields are documented as
 * required, but WeChat Pay's own sample of 2025-02-19 lacks two of them.
 *
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012467249
 */
export interface ComplaintNotificationPayload {
  /** The merchant of this module that received the notification. */
  readonly mchid: string;
  /**
   * Unique for each notification; a redelivery has the same one. What reconciliation has found has an
   * id of this package, `RC-` and 33 characters.
   */
  readonly id: string;
  /**
   * `notification`: WeChat Pay sent it. `reconciliation`: a sweep found that its notification never arrived; then
   * the `complaint` has the two documented fields only.
   */
  readonly origin?: 'notification' | 'reconciliation';
  /** RFC 3339, such as `2015-05-20T13:29:35+08:00`; milliseconds are optional. */
  readonly create_time?: string;
  readonly event_type: ComplaintEventType;
  /** `encrypt-resource`. */
  readonly resource_type?: string;
  readonly summary?: string;
  /** `complaint`. */
  readonly original_type?: string;
  /** The `Request-ID` header, which WeChat Pay's support asks for. */
  readonly request_id?: string;
  readonly complaint: ComplaintResource;
}
