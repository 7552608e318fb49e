import type {
  Complaint,
  ComplaintHistoryEntry,
  ComplaintState,
  ReceivedComplaintMessage,
} from 'nestjs-wechatpay-complaint';

/** What the list shows. No phone number, encrypted or not: there is a call of its own for it. */
export interface ComplaintView {
  readonly id: string;
  readonly time: string;
  readonly state: ComplaintState;
  readonly detail: string;
  readonly problem: string;
  /** How often the consumer has complained. */
  readonly times: number;
  readonly isWaiting: boolean;
  readonly isWithPlatform: boolean;
  readonly isUrgent: boolean;
  readonly isRefunded: boolean;
  readonly tags: readonly string[];
  readonly orders: readonly OrderView[];
  /** In fen. */
  readonly refundAsked?: number;
  /** Paths on this host. */
  readonly pictures: readonly string[];
  readonly hasPhone: boolean;
}

interface OrderView {
  readonly number: string;
  /** Number at WeChat Pay. */
  readonly transaction: string;
  /** In fen. */
  readonly amount: number;
}

export interface EntryView {
  readonly id: string;
  readonly time: string;
  readonly type: string;
  readonly by: 'consumer' | 'merchant' | 'platform' | 'system';
  readonly text: string;
  readonly pictures: readonly string[];
}

type RefundView = 'none' | 'asked' | 'approved' | 'rejected' | 'refunded';

export interface ComplaintDetailsView {
  readonly complaint: ComplaintView;
  /** Oldest first. */
  readonly history: readonly EntryView[];
  readonly refund: RefundView;
}

export function toComplaintView(complaint: Complaint): ComplaintView {
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
    refundAsked: complaint.apply_refund_amount,
    pictures: (complaint.complaint_media_list ?? [])
      .flatMap(({ media_url = [] }) => media_url)
      .map(toPicturePath),
    hasPhone: Boolean(complaint.payer_phone),
  };
}

/** @param entries newest first, as WeChat Pay sends them */
export function toDetailsView(
  complaint: Complaint,
  entries: readonly ComplaintHistoryEntry[],
): ComplaintDetailsView {
  return {
    complaint: toComplaintView(complaint),
    history: entries.map(toEntryView).reverse(),
    refund: toRefundView(complaint, entries),
  };
}

function toEntryView(entry: ComplaintHistoryEntry): EntryView {
  const message = entry.normal_message && readMessage(entry.normal_message);
  const clicked = entry.click_message?.message_content;
  const text = [
    entry.operate_details,
    message?.text,
    entry.user_appy_platform_service_reason,
    entry.user_appy_platform_service_reason_description,
    typeof clicked === 'object' ? clicked.text : clicked,
  ];
  return {
    id: entry.log_id,
    time: entry.operate_time ?? '',
    type: entry.operate_type ?? '',
    by: authorOf(entry.operate_type),
    text: text.filter(Boolean).join('\n'),
    pictures: [
      ...(entry.complaint_media_list ?? []).flatMap(({ media_url = [] }) => media_url),
      ...(message?.pictures ?? []),
    ].map(toPicturePath),
  };
}

/** Blocks of other types are for the consumer to click on. */
function readMessage({ blocks = [] }: ReceivedComplaintMessage): {
  text: string;
  pictures: string[];
} {
  const text: string[] = [];
  const pictures: string[] = [];
  for (const block of blocks) {
    if (block.text?.text) text.push(block.text.text);
    if (block.image?.media_id) pictures.push(block.image.media_id);
  }
  return { text: text.join('\n'), pictures };
}

function authorOf(type = ''): EntryView['by'] {
  if (type.endsWith('_SYSTEM_MESSAGE')) return 'system';
  if (type.startsWith('USER_')) return 'consumer';
  if (type.startsWith('MERCHANT_')) return 'merchant';
  return type.startsWith('PLATFORM_') ? 'platform' : 'system';
}

/** A complaint does not say whether its refund has been decided on; its history does. */
function toRefundView(complaint: Complaint, entries: readonly ComplaintHistoryEntry[]): RefundView {
  if (complaint.complaint_full_refunded) return 'refunded';
  if (complaint.problem_type !== 'REFUND') return 'none';
  for (const { operate_type } of entries) {
    if (operate_type === 'MERCHANT_APPROVE_REFUND') return 'approved';
    if (operate_type === 'MERCHANT_REFUSE_RERUND') return 'rejected';
    if (operate_type === 'USER_CONTINUE_COMPLAINT') break;
  }
  return 'asked';
}

function toPicturePath(mediaIdOrUrl: string): string {
  return `/api/pictures?${new URLSearchParams({ of: mediaIdOrUrl }).toString()}`;
}
