import { deadlinesOf, type DeadlineLimits } from 'nestjs-wechatpay-complaint';
import type { TestMerchant, WechatPaySimulator } from 'nestjs-wechatpay-complaint/testing';
import type { JournalEntry } from '../complaint.journal.js';
import type { Lives } from './lives.js';

/** Milliseconds before a deadline in which it is a matter of chance what a sweep sees. */
const CLOSE = 1000;

interface DeadlineCounts {
  met: number;
  missed: number;
  /** Announced although it was met, not announced although it was missed, or announced twice. */
  wrong: number;
}

/** How often each action on each complaint was handled. */
export function handledTimes(entries: readonly JournalEntry[]): Map<string, number> {
  const times = new Map<string, number>();
  for (const { complaintId, action } of entries) {
    const name = `${complaintId} ${action}`;
    times.set(name, (times.get(name) ?? 0) + 1);
  }
  return times;
}

/** Compares the deadlines of all complaints with what was done, and with what was announced. */
export function countDeadlines(
  simulator: WechatPaySimulator,
  merchant: TestMerchant,
  lives: Lives,
  limits: DeadlineLimits,
  handled: ReadonlyMap<string, number>,
): DeadlineCounts {
  const counts: DeadlineCounts = { met: 0, missed: 0, wrong: 0 };
  for (const complaint of simulator.complaints(merchant)) {
    const { complaint_id: id } = complaint;
    const history = simulator.complaintHistory(merchant, id);
    // As if it were open: otherwise it has no deadlines any more.
    const open = { ...complaint, complaint_state: 'PENDING' };
    const first = deadlinesOf(open, [], limits).firstReply;
    const completion = deadlinesOf(open, history, limits).completion;
    const announced = (kind: string): number => handled.get(`${id} ${kind} overdue`) ?? 0;
    // Whoever complains again gets a second first reply.
    if (lives.lives.get(id) !== 'again') {
      judge(counts, first, lives.replies.get(id), announced('first-reply'));
    }
    judge(counts, completion, lives.completions.get(id), announced('completion'));
  }
  return counts;
}

function judge(
  counts: DeadlineCounts,
  due: Date | undefined,
  done: number | undefined,
  announced: number,
): void {
  if (!due) return;
  const isMet = done !== undefined && done <= due.getTime();
  if (isMet) counts.met += 1;
  else counts.missed += 1;
  const isEarly = done !== undefined && done <= due.getTime() - CLOSE;
  if (announced > 1 || (isEarly && announced > 0) || (done === undefined && announced === 0)) {
    counts.wrong += 1;
  }
}
