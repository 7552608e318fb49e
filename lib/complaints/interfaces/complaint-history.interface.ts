import type { ComplaintMedia, Page } from './complaint.interface.js';
import type { ComplaintClickMessage, ComplaintMessage } from './complaint-message.interface.js';

/**
 * What was done. Open set; its names differ from those of a notification's `action_type`, and the
 * odd spellings are WeChat Pay's.
 */
export type ComplaintOperateType =
  /** The user filed a complaint. */
  | 'USER_CREATE_COMPLAINT'
  /** The user complained again on the same order. */
  | 'USER_CONTINUE_COMPLAINT'
  /** The user left a message. */
  | 'USER_RESPONSE'
  /** The platform left a message. */
  | 'PLATFORM_RESPONSE'
  /** The merchant answered. */
  | 'MERCHANT_RESPONSE'
  /** The merchant marked the complaint done. */
  | 'MERCHANT_CONFIRM_COMPLETE'
  /** A message of the system when the user had complained. */
  | 'USER_CREATE_COMPLAINT_SYSTEM_MESSAGE'
  /** A message of the system when all was refunded. */
  | 'COMPLAINT_FULL_REFUNDED_SYSTEM_MESSAGE'
  /** A message of the system when the user had complained again. */
  | 'USER_CONTINUE_COMPLAINT_SYSTEM_MESSAGE'
  /** The user withdrew the complaint. */
  | 'USER_REVOKE_COMPLAINT'
  /** The user confirmed that it is solved. */
  | 'USER_COMFIRM_COMPLAINT'
  /** The platform was asked for help. */
  | 'PLATFORM_HELP_APPLICATION'
  /** The user asked the platform for help. */
  | 'USER_APPLY_PLATFORM_HELP'
  /** The merchant approved a refund. */
  | 'MERCHANT_APPROVE_REFUND'
  /** The merchant refused a refund. */
  | 'MERCHANT_REFUSE_RERUND'
  /** The user said how content they are. */
  | 'USER_SUBMIT_SATISFACTION'
  /** The service order was cancelled. */
  | 'SERVICE_ORDER_CANCEL'
  /** The service order was completed. */
  | 'SERVICE_ORDER_COMPLETE'
  /** A message of the system when a part was refunded. */
  | 'COMPLAINT_PARTIAL_REFUNDED_SYSTEM_MESSAGE'
  /** A message of the system when the refund had arrived. */
  | 'COMPLAINT_REFUND_RECEIVED_SYSTEM_MESSAGE'
  /** A message of the system on a refund by the platform for the merchant. */
  | 'COMPLAINT_ENTRUSTED_REFUND_SYSTEM_MESSAGE'
  /** The user asked the platform to step in. */
  | 'USER_APPLY_PLATFORM_SERVICE'
  /** The user withdrew that. */
  | 'USER_CANCEL_PLATFORM_SERVICE'
  /** The platform finished. */
  | 'PLATFORM_SERVICE_FINISHED'
  /** The user clicked on something in a message: `click_message`. */
  | 'USER_CLICK_RESPONSE'
  | (string & {});

/**
 * One step in the negotiation on a complaint. Fields that are not documented yet are kept as they
 * come.
 *
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012533439
 */
export interface ComplaintHistoryEntry {
  readonly log_id: string;
  /** In words: `投诉人`, a name of the merchant, ... */
  readonly operator: string;
  /** RFC 3339, such as `2015-05-20T13:29:35+08:00`. */
  readonly operate_time: string;
  readonly operate_type: ComplaintOperateType;
  readonly operate_details?: string;
  /** Not public: each is to be given to `ComplaintService.downloadImage` as it is. */
  readonly image_list?: readonly string[];
  readonly complaint_media_list?: ComplaintMedia;
  /** Why the user asked the platform to step in. The spelling is WeChat Pay's. */
  readonly user_appy_platform_service_reason?: string;
  /** The spelling is WeChat Pay's. */
  readonly user_appy_platform_service_reason_description?: string;
  readonly normal_message?: ComplaintMessage;
  readonly click_message?: ComplaintClickMessage;
  readonly [field: string]: unknown;
}

/** @see https://pay.weixin.qq.com/doc/v3/merchant/4012533439 */
export type ComplaintHistoryPage = Page<ComplaintHistoryEntry>;
