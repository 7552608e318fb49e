/** `COMPLAINT.CREATE`: a new complaint; `COMPLAINT.STATE_CHANGE`: something happened to one. Open set. */
export type ComplaintEventType = 'COMPLAINT.CREATE' | 'COMPLAINT.STATE_CHANGE' | (string & {});

/** What happened. Open set: send values you do not know through one default path. */
export type ComplaintActionType =
  /** The user filed a complaint. */
  | 'CREATE_COMPLAINT'
  /** The user complained again on the same order. */
  | 'CONTINUE_COMPLAINT'
  /** The user left a message. */
  | 'USER_RESPONSE'
  /** The platform left a message. */
  | 'RESPONSE_BY_PLATFORM'
  /** The merchant refunded in full. */
  | 'SELLER_REFUND'
  /** The merchant answered. */
  | 'MERCHANT_RESPONSE'
  /** The merchant marked the complaint done. */
  | 'MERCHANT_CONFIRM_COMPLETE'
  /** The user asked the platform to step in. */
  | 'USER_APPLY_PLATFORM_SERVICE'
  /** The user withdrew that. */
  | 'USER_CANCEL_PLATFORM_SERVICE'
  /** The platform finished. */
  | 'PLATFORM_SERVICE_FINISHED'
  /** The merchant approved a refund. */
  | 'MERCHANT_APPROVE_REFUND'
  /** The merchant refused a refund. */
  | 'MERCHANT_REJECT_REFUND'
  /** The refund arrived. */
  | 'REFUND_SUCCESS'
  | (string & {});

/**
 * The decrypted resource. Two fields are documented; all others are kept as they come and hidden
 * from `util.inspect`, for they can hold a phone number in the clear. Build on the id: what the
 * complaint is, a look-up by it says.
 */
export interface ComplaintResource {
  /** At most 64 characters. */
  readonly complaint_id: string;
  readonly action_type: ComplaintActionType;
  /** @deprecated Undocumented, to disappear. */
  readonly out_trade_no?: string;
  /** @deprecated Undocumented, to disappear. */
  readonly complaint_time?: string;
  /** In fen. @deprecated Undocumented, to disappear. */
  readonly amount?: number;
  /** In plain text: never log it. @deprecated Undocumented, to disappear. */
  readonly payer_phone?: string;
  /** @deprecated Undocumented, to disappear. */
  readonly complaint_detail?: string;
  /** From an older enumeration. @deprecated Undocumented, to disappear. */
  readonly complaint_state?: string;
  /** @deprecated Undocumented, to disappear. */
  readonly transaction_id?: string;
  /** @deprecated Undocumented, to disappear. */
  readonly complaint_handle_state?: string;
  readonly [field: string]: unknown;
}

/**
 * A verified and decrypted complaint notification (投诉通知回调).
 *
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012467249
 */
export interface ComplaintNotificationPayload {
  /** The merchant of this module that the notification was sent to. */
  readonly mchid: string;
  /** Unique per notification; the same on every repetition. */
  readonly id: string;
  /** RFC 3339, such as `2015-05-20T13:29:35+08:00`; milliseconds are optional. */
  readonly create_time: string;
  readonly event_type: ComplaintEventType;
  /** `encrypt-resource`. */
  readonly resource_type: string;
  readonly summary: string;
  /** `complaint`. */
  readonly original_type: string;
  /** `Request-ID` header: what WeChat Pay's support asks for. */
  readonly request_id?: string;
  readonly complaint: ComplaintResource;
}
