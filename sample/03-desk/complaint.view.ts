import type { Complaint, ComplaintHistoryEntry, ComplaintState } from 'nestjs-wechatpay-complaint';
import { deadlinesOf } from './deadlines.js';
import { isTrue, mediaUrls, numberOf, objects, textOf, texts } from './lenient.js';
import { type PictureView, toPictureView } from './picture.view.js';

/** A complaint without the consumer's phone number, which has a request of its own. */
export interface ComplaintView {
  readonly id: string;
  /** RFC 3339. */
  readonly time: string;
  readonly state: ComplaintState;
  readonly detail: string;
  readonly problem: string;
  /** How often the consumer has complained about the order. */
  readonly times: number;
  /** Whether a message of the consumer awaits a reply. */
  readonly isWaiting: boolean;
  readonly isWithPlatform: boolean;
  /** Whether the consumer waits in a chat. */
  readonly isUrgent: boolean;
  readonly isRefunded: boolean;
  readonly tags: readonly string[];
  readonly orders: readonly OrderView[];
  /** The merchant complained about; for service providers one of their sub-merchants. */
  readonly merchant?: string;
  /** In fen. */
  readonly refundAmount?: number;
  readonly hasPhone: boolean;
  /** RFC 3339; undefined once the merchant has replied. */
  readonly replyDue?: string;
  /** RFC 3339; undefined once the complaint is completed. */
  readonly completionDue?: string;
}

interface OrderView {
  /** The merchant's order number. */
  readonly number: string;
  /** WeChat Pay's order number. */
  readonly transaction: string;
  /** In fen. */
  readonly amount: number;
}

/** The complaints of some days. */
export interface ComplaintListView {
  readonly complaints: readonly ComplaintView[];
  /** First day, `yyyy-MM-dd`, in China's time. */
  readonly begin: string;
  /** The day before: the last one of the next, older part of the list. */
  readonly older: string;
}

/** @param history makes the deadlines exact */
export function toComplaintView(
  complaint: Complaint,
  history?: readonly ComplaintHistoryEntry[],
): ComplaintView {
  const { reply, completion } = deadlinesOf(complaint, history);
  return {
    id: complaint.complaint_id,
    time: textOf(complaint.complaint_time) ?? '',
    state: textOf(complaint.complaint_state) ?? 'PENDING',
    detail: textOf(complaint.complaint_detail) ?? '',
    problem: textOf(complaint.problem_description) ?? '',
    times: numberOf(complaint.user_complaint_times) ?? 1,
    isWaiting: isTrue(complaint.incoming_user_response),
    isWithPlatform: isTrue(complaint.in_platform_service),
    isUrgent: isTrue(complaint.need_immediate_service),
    isRefunded: isTrue(complaint.complaint_full_refunded),
    tags: texts(complaint.user_tag_list),
    orders: objects(complaint.complaint_order_info).map((order) => ({
      number: textOf(order.out_trade_no) ?? '',
      transaction: textOf(order.transaction_id) ?? '',
      amount: numberOf(order.amount) ?? 0,
    })),
    merchant: textOf(complaint.complainted_mchid),
    refundAmount: numberOf(complaint.apply_refund_amount),
    hasPhone: textOf(complaint.payer_phone) !== undefined,
    replyDue: reply?.toISOString(),
    completionDue: completion?.toISOString(),
  };
}

/** The pictures that the consumer attached to the complaint itself. */
export function complaintPictures({ complaint_media_list }: Complaint): PictureView[] {
  return mediaUrls(complaint_media_list).map(toPictureView);
}
