import type { Complaint, ComplaintHistoryEntry } from 'nestjs-wechatpay-complaint';

const HOUR = 60 * 60 * 1000;
const REPLY_WITHIN = 24 * HOUR;
const COMPLETE_WITHIN = 72 * HOUR;

/** What the merchant still has to do, and by when. What is done has no deadline. */
export interface Deadlines {
  readonly reply?: Date;
  readonly completion?: Date;
}

/**
 * WeChat Pay expects the first reply within 24 hours of a complaint and its completion within 72
 * hours. Both count again from the time at which the consumer complained again; only the history
 * knows that time. Without a history the deadlines of such a complaint are too early, never too
 * late.
 *
 * @see https://kf.qq.com, the help center for merchants
 */
export function deadlinesOf(
  {
    complaint_time,
    complaint_state = 'PENDING',
  }: Pick<Complaint, 'complaint_time' | 'complaint_state'>,
  history: readonly ComplaintHistoryEntry[] = [],
): Deadlines {
  if (complaint_state === 'PROCESSED') return {};
  const repeated = history
    .filter(({ operate_type }) => operate_type === 'USER_CONTINUE_COMPLAINT')
    .map(({ operate_time }) => operate_time);
  const times = [complaint_time, ...repeated].map((time = '') => Date.parse(time));
  const start = Math.max(...times.filter((time) => !Number.isNaN(time)));
  // No time can be read.
  if (start === -Infinity) return {};
  return {
    // The first action of the merchant takes a complaint out of PENDING.
    ...(complaint_state === 'PENDING' && { reply: new Date(start + REPLY_WITHIN) }),
    completion: new Date(start + COMPLETE_WITHIN),
  };
}
