import type {
  Complaint,
  ComplaintHistoryEntry,
  ComplaintMedia,
  ReceivedMessageBlock,
} from 'nestjs-wechatpay-complaint';
import { type ComplaintView, toComplaintView } from './complaint.view.js';
import { type PictureView, toPictureView } from './picture.view.js';

/** One step of the negotiation. */
export interface EntryView {
  readonly id: string;
  /** RFC 3339. */
  readonly time: string;
  /** WeChat Pay's `operate_type`. */
  readonly type: string;
  readonly by: 'consumer' | 'merchant' | 'platform' | 'system';
  readonly text: string;
  /** What the consumer can click on in a message. */
  readonly choices: readonly string[];
  readonly pictures: readonly PictureView[];
}

/** What became of the refund that the consumer asks for. */
type RefundView = 'none' | 'requested' | 'approved' | 'rejected' | 'refunded';

export interface ComplaintDetailsView {
  readonly complaint: ComplaintView;
  /** Oldest first. */
  readonly history: readonly EntryView[];
  readonly refund: RefundView;
}

/** @param entries newest or oldest first: WeChat Pay has been seen to send both */
export function toDetailsView(
  complaint: Complaint,
  entries: readonly ComplaintHistoryEntry[],
): ComplaintDetailsView {
  const history = oldestFirst(entries);
  return {
    complaint: toComplaintView(complaint, history),
    history: withComplaintPictures(history.map(toEntryView), complaint),
    refund: toRefundView(complaint, history),
  };
}

function oldestFirst(entries: readonly ComplaintHistoryEntry[]): ComplaintHistoryEntry[] {
  const at = (entry?: ComplaintHistoryEntry): number => Date.parse(entry?.operate_time ?? '') || 0;
  // Entries of the same second keep their order, so the order has to be right before they are sorted.
  const isNewestFirst = at(entries[0]) >= at(entries.at(-1));
  return (isNewestFirst ? entries.toReversed() : [...entries]).sort((a, b) => at(a) - at(b));
}

function toEntryView(entry: ComplaintHistoryEntry): EntryView {
  const { operate_type = '', operate_time = '' } = entry;
  const blocks = entry.normal_message?.blocks ?? [];
  const clicked = entry.click_message?.message_content;
  const text = [
    entry.operate_details,
    ...blocks.map((block) => block.text?.text),
    entry.user_appy_platform_service_reason,
    entry.user_appy_platform_service_reason_description,
    typeof clicked === 'object' ? clicked.text : clicked,
  ];
  return {
    id: entry.log_id,
    time: operate_time,
    type: operate_type,
    by: authorOf(operate_type),
    text: text.filter(Boolean).join('\n'),
    choices: blocks.flatMap(choicesOf),
    pictures: [
      ...pictureUrls(entry).map(toPictureView),
      ...blocks
        .filter(({ image }) => image !== undefined)
        .map(() => ({ kind: 'unavailable' as const })),
    ],
  };
}

function choicesOf({ link, button, button_group, faq_list }: ReceivedMessageBlock): string[] {
  return [
    link?.text,
    button?.text,
    ...(button_group?.buttons ?? []).map(({ text }) => text),
    ...(faq_list?.faqs ?? []).map(({ faq_title }) => faq_title),
  ].filter((text) => text !== undefined);
}

/**
 * `image_list` and `complaint_media_list` usually name the same pictures: the first one by links to
 * other hosts, the second one often by the image API. The image API is preferred, because its
 * pictures do not depend on another host.
 */
function pictureUrls({ image_list = [], complaint_media_list }: ComplaintHistoryEntry): string[] {
  const media = mediaUrls(complaint_media_list);
  if (media.length >= image_list.length) return media;
  return [...new Set([...media, ...image_list])];
}

function mediaUrls(media: readonly ComplaintMedia[] = []): string[] {
  return media.flatMap(({ media_url = [] }) => media_url);
}

/** The entry that opens a history has no pictures of its own in live data: the complaint has them. */
function withComplaintPictures(history: EntryView[], complaint: Complaint): EntryView[] {
  const pictures = mediaUrls(complaint.complaint_media_list).map(toPictureView);
  return history.map((entry) =>
    entry.type === 'USER_CREATE_COMPLAINT' && entry.pictures.length === 0
      ? { ...entry, pictures }
      : entry,
  );
}

function authorOf(type: string): EntryView['by'] {
  if (type.endsWith('_SYSTEM_MESSAGE')) return 'system';
  if (type.startsWith('USER_')) return 'consumer';
  if (type.startsWith('MERCHANT_')) return 'merchant';
  return type.startsWith('PLATFORM_') ? 'platform' : 'system';
}

/**
 * A complaint does not say whether its refund has been decided on; its history does.
 *
 * @param history oldest first
 */
function toRefundView(complaint: Complaint, history: readonly ComplaintHistoryEntry[]): RefundView {
  if (complaint.complaint_full_refunded) return 'refunded';
  if (complaint.problem_type !== 'REFUND') return 'none';
  for (const { operate_type } of history.toReversed()) {
    if (operate_type === 'MERCHANT_APPROVE_REFUND') return 'approved';
    // The spelling is WeChat Pay's.
    if (operate_type === 'MERCHANT_REFUSE_RERUND') return 'rejected';
    if (operate_type === 'USER_CONTINUE_COMPLAINT') break;
  }
  return 'requested';
}
