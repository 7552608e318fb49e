import type { ResolvedDeadlines } from '../config/resolve-reconciliation.js';
import type { Complaint } from '../complaints/interfaces/complaint.interface.js';
import type { ComplaintNotificationPayload } from '../notifications/complaint-notification-payload.interface.js';
import type { NotificationOutcome } from '../notifications/received-notification.js';
import type { ComplaintStore } from '../stores/complaint-store.js';
import type { ComplaintRecord } from '../stores/notification-store.interface.js';
import { chinaDateOf, parseChinaTime } from '../utils/china-time.js';
import { forEachLimited } from '../utils/for-each-limited.js';
import { digestOf } from './complaint-change.js';
import type { ComplaintSource } from './complaint-source.js';
import { complainedAgainAt, deadlinesFrom, latest } from './deadlines.js';
import { creationPayload, stepPayload, stepsAfter } from './lost-step.js';
import { type Reminder, remindersOf } from './reminders.js';

/** Of the store in one call. */
const BATCH = 50;
/** Complaints whose handlers run at the same time, and histories that are read at the same time. */
const AT_ONCE = 8;
/** How many complaints wait at most until their histories are read. */
const MAX_CHANGED = 1000;

/** What a sweep does with what it finds. */
export interface SweepHandlers {
  /** Never rejects. `deferred`: another process is handling it, or the app cannot handle it now. */
  readonly feed: (
    payload: ComplaintNotificationPayload,
  ) => Promise<NotificationOutcome | 'failed' | 'deferred'>;
  /** Resolves to whether this reminder is over. Never rejects. Undefined when nobody listens. */
  readonly remind?: (complaint: Complaint, reminder: Reminder) => Promise<boolean>;
}

/** Times are in milliseconds since 1970, lengths in milliseconds. */
export interface SweepRange {
  readonly from: number;
  readonly to: number;
  readonly grace: number;
  /**
   * Complaints that were filed before are taken for known, unless something is remembered of them.
   * Undefined: none.
   */
  readonly knownBefore?: number;
}

/** What belongs to the merchant whose complaints are swept. */
export interface SweptMerchant {
  readonly mchid: string;
  readonly store: ComplaintStore;
  readonly source: Pick<ComplaintSource, 'complaints' | 'history' | 'listedAt'>;
  readonly deadlines: ResolvedDeadlines;
  /** Milliseconds for which a complaint is remembered. */
  readonly memory: number;
}

/** Numbers of complaints, except for `reminded`. */
export interface SweepCounts {
  listed: number;
  /** Lost ones that were handled. */
  fed: number;
  /** Lost ones whose handlers failed. */
  failed: number;
  /** Reminders of deadlines. */
  reminded: number;
}

interface ListedComplaint {
  readonly complaint: Complaint;
  /** The complaint is as it was then, in milliseconds since 1970. */
  readonly listedAt: number;
}

/** A complaint whose entry of the list has changed. */
interface ChangedComplaint extends ListedComplaint {
  readonly record: ComplaintRecord;
  readonly digest: string;
  /** The newest step that is known. */
  readonly heardAt: number;
  readonly createdAt: number;
}

/**
 * One pass over the complaints of a merchant. It lists them once and compares each with what is
 * remembered of it:
 *
 * ```
 * nothing known of it ──▶ CREATE_COMPLAINT, once it is older than the grace period
 * as seen before ───────▶ nothing
 * changed, or notified ─▶ its history: the newest step after the last one known, if it is older than
 *                         the grace period; a younger one is left to the next sweep
 * ```
 */
export class ComplaintSweep {
  readonly counts: SweepCounts = { listed: 0, fed: 0, failed: 0, reminded: 0 };
  private changed: ChangedComplaint[] = [];

  constructor(
    private readonly merchant: SweptMerchant,
    private readonly range: SweepRange,
    private readonly handlers: SweepHandlers,
    private readonly signal: AbortSignal,
  ) {}

  /**
   * Ends early, without an error, when the signal is aborted.
   *
   * @throws WechatPayError when WeChat Pay cannot be asked, and whatever the store rejects with
   */
  async run(): Promise<void> {
    const { from, to } = this.range;
    const days = { begin_date: chinaDateOf(from), end_date: chinaDateOf(to) };
    let batch: ListedComplaint[] = [];
    const { source } = this.merchant;
    for await (const complaint of source.complaints(days)) {
      const createdAt = parseChinaTime(complaint.complaint_time);
      // The list goes by days.
      if (createdAt !== undefined && (createdAt < from || createdAt > to)) continue;
      this.counts.listed += 1;
      batch.push({ complaint, listedAt: source.listedAt });
      if (batch.length < BATCH) continue;
      await this.examine(batch);
      batch = [];
    }
    await this.examine(batch);
    await this.readHistories();
  }

  private hasEnded(): boolean {
    return this.signal.aborted;
  }

  private async examine(complaints: readonly ListedComplaint[]): Promise<void> {
    if (complaints.length === 0 || this.hasEnded()) return;
    const { mchid, store } = this.merchant;
    const ids = complaints.map(({ complaint }) => complaint.complaint_id);
    const records = await store.readComplaints(mchid, ids);
    await forEachLimited(complaints.entries(), AT_ONCE, async ([index, listed]) => {
      await this.compare(listed, records[index] ?? {});
    });
    if (this.changed.length >= MAX_CHANGED) await this.readHistories();
  }

  private async compare(listed: ListedComplaint, record: ComplaintRecord): Promise<void> {
    if (this.hasEnded()) return;
    const { complaint } = listed;
    const { knownBefore = -Infinity } = this.range;
    // Without a readable time it is taken for one that has just become old enough.
    const createdAt = parseChinaTime(complaint.complaint_time) ?? Date.now() - this.range.grace;
    const digest = digestOf(complaint);
    const { heardAt, seen } = record;
    if (heardAt === undefined && createdAt >= knownBefore) {
      await this.feedCreation(complaint, createdAt, digest);
    } else if (seen === undefined && (heardAt === undefined || isUntouched(complaint))) {
      await this.write(complaint, { seen: digest });
    } else if (seen !== digest) {
      const since = heardAt ?? knownBefore;
      this.changed.push({ ...listed, record, digest, heardAt: since, createdAt });
      return;
    }
    await this.remind(listed, createdAt, record);
  }

  private async feedCreation(
    complaint: Complaint,
    createdAt: number,
    digest: string,
  ): Promise<void> {
    if (createdAt > Date.now() - this.range.grace) return;
    const { complaint_id } = complaint;
    const payload = creationPayload(
      this.merchant.mchid,
      complaint_id,
      parseChinaTime(complaint.complaint_time),
    );
    if (await this.feed(payload)) await this.write(complaint, { heardAt: createdAt, seen: digest });
  }

  /** Oldest first: their deadlines come first. */
  private async readHistories(): Promise<void> {
    const changed = this.changed.sort((a, b) => a.createdAt - b.createdAt);
    this.changed = [];
    await forEachLimited(changed, AT_ONCE, (each) => this.readHistory(each));
  }

  private async readHistory(changed: ChangedComplaint): Promise<void> {
    const { complaint, record, digest, heardAt, createdAt } = changed;
    if (this.hasEnded()) return;
    const { mchid, source, store } = this.merchant;
    const { complaint_id } = complaint;
    const history = await source.history(complaint_id);
    // Something may have been handled since the complaint was listed.
    const [current = {}] = await store.readComplaints(mchid, [complaint_id]);
    // The history may be incomplete: reading it was ended.
    if (this.hasEnded()) return;
    const isUpToDate = current.heardAt === record.heardAt;
    const again = complainedAgainAt(history);
    const steps = stepsAfter(Math.max(heardAt, current.heardAt ?? heardAt), history);
    const ripe = steps.filter(({ at }) => at <= Date.now() - this.range.grace);
    const newest = ripe.at(-1);
    const isOver = !newest || (await this.feed(stepPayload(mchid, complaint_id, newest)));
    await this.write(complaint, {
      complainedAgainAt: again,
      heardAt: isOver ? newest?.at : undefined,
      // Otherwise the next sweep reads the history again: the digest is older than the history, so that
      // a further step may take the complaint back to it.
      seen: isUpToDate && steps.length === 0 ? digest : undefined,
    });
    const start = latest(record.complainedAgainAt, again);
    await this.remind(changed, createdAt, { ...record, complainedAgainAt: start });
  }

  /** Whether it needs no further attempt. */
  private async feed(payload: ComplaintNotificationPayload): Promise<boolean> {
    const outcome = await this.handlers.feed(payload);
    if (outcome === 'handled') this.counts.fed += 1;
    if (outcome === 'failed') this.counts.failed += 1;
    return outcome !== 'failed' && outcome !== 'deferred';
  }

  private async remind(
    { complaint, listedAt }: ListedComplaint,
    createdAt: number,
    record: ComplaintRecord,
  ): Promise<void> {
    const { remind } = this.handlers;
    if (!remind || this.hasEnded()) return;
    const { deadlines } = this.merchant;
    const { knownBefore = -Infinity } = this.range;
    const start = latest(createdAt, record.complainedAgainAt);
    const dues = deadlinesFrom(start, complaint, deadlines);
    for (const reminder of remindersOf(dues, deadlines.remind, listedAt)) {
      const { kind, moment, state } = reminder;
      const field = kind === 'first-reply' ? 'firstReplyRemindedAt' : 'completionRemindedAt';
      if (moment <= (record[field] ?? -Infinity)) continue;
      // A deadline that had passed before the first sweep is not announced.
      if (state === 'overdue' && moment < knownBefore) continue;
      if (!(await remind(complaint, reminder))) continue;
      this.counts.reminded += 1;
      await this.write(complaint, { [field]: moment });
    }
  }

  private async write({ complaint_id }: Complaint, record: ComplaintRecord): Promise<void> {
    const { mchid, store, memory } = this.merchant;
    await store.writeComplaint({ mchid, complaintId: complaint_id }, record, memory);
  }
}

/** Whether all that has happened is the complaint itself. */
function isUntouched(complaint: Complaint): boolean {
  const { complaint_state, user_complaint_times = 1 } = complaint;
  return (
    complaint_state === 'PENDING' &&
    user_complaint_times === 1 &&
    !complaint.incoming_user_response &&
    !complaint.complaint_full_refunded &&
    !complaint.in_platform_service
  );
}
