import { firstValueFrom } from 'rxjs';
import type { ComplaintService } from '../complaints/complaint.service.js';
import type { Complaint } from '../complaints/interfaces/complaint.interface.js';
import type { ComplaintHistoryEntry } from '../complaints/interfaces/complaint-history.interface.js';
import type { OptionDeclarations } from './arguments.js';
import type { Cell } from './output.js';

export const REVEAL_OPTION: OptionDeclarations = {
  reveal: { description: "decrypt and print the consumer's phone number" },
};

/**
 * A complaint to print. Its phone number is there only when it may be shown, and then in plain text.
 *
 * Rejects with a WechatPayDecryptionError.
 */
export async function presentable(
  complaint: Complaint,
  service: Pick<ComplaintService, 'decryptPayerPhone'>,
  isRevealed: boolean,
): Promise<Complaint> {
  const { payer_phone: _, unreadFields, ...rest } = complaint;
  const phone = isRevealed ? await firstValueFrom(service.decryptPayerPhone(complaint)) : undefined;
  const unread = Object.entries(unreadFields ?? {}).filter(([path]) => path !== 'payer_phone');
  return {
    ...rest,
    ...(phone !== undefined && { payer_phone: phone }),
    ...(unread.length > 0 && { unreadFields: Object.fromEntries(unread) }),
  };
}

/** Fen as yuan. */
export function yuan(fen: number | undefined): string {
  return fen === undefined ? '' : `¥${(fen / 100).toFixed(2)}`;
}

/** The day and the minute of an RFC 3339 time, as it was written. */
export function shortTime(time: string | undefined): string {
  return time?.replace(/^(\d{4}-\d\d-\d\d)T(\d\d:\d\d).*$/, '$1 $2') ?? '';
}

/** What has to be known about a complaint at a glance. */
export function flagsOf(complaint: Complaint): string {
  return [
    complaint.incoming_user_response === true && 'waiting',
    complaint.need_immediate_service === true && 'immediate',
    complaint.in_platform_service === true && 'platform',
    complaint.complaint_full_refunded === true && 'refunded',
  ]
    .filter((flag) => flag !== false)
    .join(' ');
}

/** The fields of a complaint, for a table of two columns. */
export function describeComplaint(complaint: Complaint, isRevealed: boolean): Cell[][] {
  const orders = complaint.complaint_order_info ?? [];
  const pictures = (complaint.complaint_media_list ?? []).flatMap(
    ({ media_url = [] }) => media_url,
  );
  const rows: [string, Cell][] = [
    ['complaint', complaint.complaint_id],
    ['state', complaint.complaint_state],
    ['flags', flagsOf(complaint)],
    ['filed', complaint.complaint_time],
    ['merchant', complaint.complainted_mchid],
    ['problem', [complaint.problem_type, complaint.problem_description].filter(Boolean).join(', ')],
    ['detail', complaint.complaint_detail],
    ['times complained', complaint.user_complaint_times],
    ['wants back', yuan(complaint.apply_refund_amount)],
    ...orders.map(({ transaction_id = '', out_trade_no = '', amount }): [string, Cell] => [
      'order',
      `${out_trade_no} (${transaction_id}) ${yuan(amount)}`,
    ]),
    ['pictures', pictures.length === 0 ? '' : pictures.length],
    ['phone', isRevealed ? (complaint.payer_phone ?? 'none') : 'hidden: --reveal shows it'],
    ['consumer tags', complaint.user_tag_list?.join(', ')],
  ];
  return rows.filter(([, value]) => value !== undefined && value !== '');
}

/** An entry of a history: when, who, what, and how it reads. */
export function describeEntry(entry: ComplaintHistoryEntry): Cell[] {
  const pictures =
    (entry.image_list?.length ?? 0) ||
    (entry.complaint_media_list ?? []).flatMap(({ media_url = [] }) => media_url).length;
  const message = [
    entry.operate_details,
    entry.user_appy_platform_service_reason,
    entry.user_appy_platform_service_reason_description,
    ...(entry.normal_message?.blocks ?? []).map(({ text }) => text?.text),
    pictures > 0 ? `[${pictures} ${pictures === 1 ? 'picture' : 'pictures'}]` : undefined,
  ];
  return [
    shortTime(entry.operate_time),
    entry.operator,
    entry.operate_type,
    message.filter(Boolean).join(' '),
  ];
}
