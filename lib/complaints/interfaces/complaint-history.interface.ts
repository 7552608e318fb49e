import type { ComplaintMedia, Page, UnreadFields } from './complaint.interface.js';
import type {
  ComplaintClickMessage,
  ReceivedComplaintMessage,
} from './complaint-message.interface.js';

/**
 * What was done. Open set. The names differ from those of a notification's `action_type`; the odd
 * spellings are WeChat Pay's.
 */
export type ComplaintOperateType =
  /** The consumer filed a complaint. */
  | 'USER_CREATE_COMPLAINT'
  /** The consumer complained again about the same order. */
  | 'USER_CONTINUE_COMPLAINT'
  /** The consumer left a message. */
  | 'USER_RESPONSE'
  /** The platform left a message. */
  | 'PLATFORM_RESPONSE'
  /** The merchant replied. */
  | 'MERCHANT_RESPONSE'
  /** The merchant marked the complaint as handled. */
  | 'MERCHANT_CONFIRM_COMPLETE'
  /** System message after the consumer complained. */
  | 'USER_CREATE_COMPLAINT_SYSTEM_MESSAGE'
  /** System message after a full refund. */
  | 'COMPLAINT_FULL_REFUNDED_SYSTEM_MESSAGE'
  /** System message after the consumer complained again. */
  | 'USER_CONTINUE_COMPLAINT_SYSTEM_MESSAGE'
  /** The consumer withdrew the complaint. */
  | 'USER_REVOKE_COMPLAINT'
  /** The consumer confirmed that the problem is solved. */
  | 'USER_COMFIRM_COMPLAINT'
  /** The platform was asked for help. */
  | 'PLATFORM_HELP_APPLICATION'
  /** The consumer asked the platform for help. */
  | 'USER_APPLY_PLATFORM_HELP'
  /** The merchant approved a refund. */
  | 'MERCHANT_APPROVE_REFUND'
  /** The merchant rejected a refund. */
  | 'MERCHANT_REFUSE_RERUND'
  /** The consumer rated how the complaint was handled. */
  | 'USER_SUBMIT_SATISFACTION'
  /** The service order was cancelled. */
  | 'SERVICE_ORDER_CANCEL'
  /** The service order was completed. */
  | 'SERVICE_ORDER_COMPLETE'
  /** System message after a partial refund. */
  | 'COMPLAINT_PARTIAL_REFUNDED_SYSTEM_MESSAGE'
  /** System message after the refund arrived. */
  | 'COMPLAINT_REFUND_RECEIVED_SYSTEM_MESSAGE'
  /** System message after the platform refunded on the merchant's behalf. */
  | 'COMPLAINT_ENTRUSTED_REFUND_SYSTEM_MESSAGE'
  /** The consumer asked the platform to step in. */
  | 'USER_APPLY_PLATFORM_SERVICE'
  /** The consumer withdrew that request. */
  | 'USER_CANCEL_PLATFORM_SERVICE'
  /** The platform finished mediating. */
  | 'PLATFORM_SERVICE_FINISHED'
  /** The consumer clicked on something in a message: `click_message`. */
  | 'USER_CLICK_RESPONSE'
  | (string & {});

/**
 * One step in the negotiation about a complaint. Only its id is certain: each other field is what its
 * type says or absent, and a part in another form is in `unreadFields`. Fields that are not documented
 * are kept as they come.
 *
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012533439
 */
export interface ComplaintHistoryEntry {
  readonly log_id: string;
  /** In words: `投诉人`, the merchant's name, ... */
  readonly operator?: string;
  /**
   * RFC 3339, such as `2015-05-20T13:29:35+08:00`, possibly with milliseconds. Milliseconds since
   * 1970 are converted to it.
   */
  readonly operate_time?: string;
  readonly operate_type?: ComplaintOperateType;
  readonly operate_details?: string;
  /**
   * Pictures of the merchant and the platform: pre-signed links on other hosts, some with plain http,
   * valid for an hour. Fetch them without a signature; `ComplaintService.downloadImage` rejects them.
   */
  readonly image_list?: readonly string[];
  readonly complaint_media_list?: readonly ComplaintMedia[];
  /** Why the consumer asked the platform to step in. The spelling is WeChat Pay's. */
  readonly user_appy_platform_service_reason?: string;
  /** The spelling is WeChat Pay's. */
  readonly user_appy_platform_service_reason_description?: string;
  readonly normal_message?: ReceivedComplaintMessage;
  readonly click_message?: ComplaintClickMessage;
  readonly unreadFields?: UnreadFields;
  readonly [field: string]: unknown;
}

/** @see https://pay.weixin.qq.com/doc/v3/merchant/4012533439 */
export type ComplaintHistoryPage = Page<ComplaintHistoryEntry>;
