import type { ComplaintHistoryEntry } from '../complaints/interfaces/complaint-history.interface.js';
import type { Complaint } from '../complaints/interfaces/complaint.interface.js';
import { parseChinaTime } from '../utils/china-time.js';

/** Milliseconds from the complaint. */
export interface DeadlineLimits {
  readonly firstReply: number;
  readonly completion: number;
}

const HOUR = 60 * 60 * 1000;

/** @see https://kf.qq.com, the help center for merchants */
const DOCUMENTED_LIMITS: DeadlineLimits = { firstReply: 24 * HOUR, completion: 72 * HOUR };

/** What the merchant still has to do, and by when. What is done has no deadline. */
export interface ComplaintDeadlines {
  readonly firstReply?: Date;
  readonly completion?: Date;
}

/**
 * WeChat Pay expects the first reply within 24 hours of a complaint and its completion within 72
 * hours; past that it counts as the merchant's fault. Both count again from the time at which the
 * consumer complained again; only the history knows that time. Without a history the deadlines of
 * such a complaint are too early, never too late. A time without an offset is China Standard Time.
 */
export function deadlinesOf(
  complaint: Pick<Complaint, 'complaint_time' | 'complaint_state'>,
  history: readonly Pick<ComplaintHistoryEntry, 'operate_type' | 'operate_time'>[] = [],
  limits: DeadlineLimits = DOCUMENTED_LIMITS,
): ComplaintDeadlines {
  const start = latest(parseChinaTime(complaint.complaint_time), complainedAgainAt(history));
  return deadlinesFrom(start, complaint, limits);
}

/** When the consumer complained again for the last time, in milliseconds since 1970. */
export function complainedAgainAt(
  history: readonly Pick<ComplaintHistoryEntry, 'operate_type' | 'operate_time'>[],
): number | undefined {
  return history
    .filter(({ operate_type }) => operate_type === 'USER_CONTINUE_COMPLAINT')
    .map(({ operate_time }) => parseChinaTime(operate_time))
    .reduce(latest, undefined);
}

/** @param start of the deadlines in milliseconds since 1970; undefined when no time could be read */
export function deadlinesFrom(
  start: number | undefined,
  { complaint_state = 'PENDING' }: Pick<Complaint, 'complaint_state'>,
  { firstReply, completion }: DeadlineLimits,
): ComplaintDeadlines {
  if (start === undefined || complaint_state === 'PROCESSED') return {};
  return {
    // The first action of the merchant takes a complaint out of PENDING.
    ...(complaint_state === 'PENDING' && { firstReply: new Date(start + firstReply) }),
    completion: new Date(start + completion),
  };
}

export function latest(one: number | undefined, other: number | undefined): number | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return Math.max(one, other);
}
