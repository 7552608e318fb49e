import {
  type Complaint,
  type ComplaintHistoryEntry,
  type ComplaintState,
  deadlinesOf,
} from 'nestjs-wechatpay-complaint';

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
  /** How many more complaints there are that have no readable id. */
  readonly unreadable: number;
}

/**
 * Only the id of a complaint is certain. Anything else may be missing.
 *
 * @param history makes the deadlines exact
 */
export function toComplaintView(
  complaint: Complaint,
  history?: readonly ComplaintHistoryEntry[],
): ComplaintView {
  const { firstReply, completion } = deadlinesOf(complaint, history);
  return {
    id: complaint.complaint_id,
    time: complaint.complaint_time ?? '',
    state: complaint.complaint_state ?? 'PENDING',
    detail: complaint.complaint_detail ?? '',
    problem: complaint.problem_description ?? '',
    times: complaint.user_complaint_times ?? 1,
    isWaiting: complaint.incoming_user_response ?? false,
    isWithPlatform: complaint.in_platform_service ?? false,
    isUrgent: complaint.need_immediate_service ?? false,
    isRefunded: complaint.complaint_full_refunded ?? false,
    tags: complaint.user_tag_list ?? [],
    orders: (complaint.complaint_order_info ?? []).map((order) => ({
      number: order.out_trade_no ?? '',
      transaction: order.transaction_id ?? '',
      amount: order.amount ?? 0,
    })),
    merchant: complaint.complainted_mchid,
    refundAmount: complaint.apply_refund_amount,
    hasPhone: Boolean(complaint.payer_phone),
    replyDue: firstReply?.toISOString(),
    completionDue: completion?.toISOString(),
  };
}
