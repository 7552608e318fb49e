import { setTimeout as delay } from 'node:timers/promises';
import { defer, type Observable } from 'rxjs';
import { LIST_HINTS } from '../complaints/complaint-hints.js';
import { readHistoryEntry } from '../complaints/complaint-history.reader.js';
import { complaintPath, COMPLAINTS_PATH, queryOf } from '../complaints/complaint-paths.js';
import { readComplaint } from '../complaints/complaint.reader.js';
import {
  MAX_COMPLAINTS,
  MAX_ENTRIES,
  MAX_PAGE_BYTES,
} from '../complaints/complaint-request-checks.js';
import { splitRange } from '../complaints/date-range.js';
import type { Complaint, Page } from '../complaints/interfaces/complaint.interface.js';
import type { ComplaintHistoryEntry } from '../complaints/interfaces/complaint-history.interface.js';
import type {
  ComplaintRange,
  PageQuery,
} from '../complaints/interfaces/complaint-requests.interface.js';
import { pageReader } from '../complaints/page.reader.js';
import { lastValueUnlessAborted } from '../complaints/paged-observable.js';
import { allItems } from '../complaints/pagination.js';
import { WechatPayError } from '../errors/wechatpay.error.js';
import type { Reader } from '../http/response-reader.js';
import { isRateLimit, mayRetry, retryDelay } from '../http/retry-policy.js';
import type { WechatPayClient } from '../http/wechatpay-client.js';
import type { WechatPayRequest } from '../http/wechatpay-request.js';
import type { CallQuota } from './call-quota.js';

const readComplaintPage = pageReader(readComplaint);
const readHistoryPage = pageReader(readHistoryEntry);

/** Attempts of one page, and pauses in milliseconds, when something fails that may pass. */
const ON_FAILURE = { attempts: 5, baseDelay: 500, maxDelay: 10_000, deadline: Infinity };
/** The same for a rate limit: WeChat Pay counts by the minute. */
const ON_RATE_LIMIT = { attempts: 8, baseDelay: 2000, maxDelay: 60_000, deadline: Infinity };

/** Reads complaints and histories within the quotas, and counts every request. */
export class ComplaintSource {
  /** Requests so far, failed ones included. */
  calls = 0;

  constructor(
    private readonly client: WechatPayClient,
    private readonly quotas: { readonly list: CallQuota; readonly history: CallQuota },
    private readonly signal: AbortSignal,
  ) {}

  /** Every complaint of a range of any length once. Ends early, without an error, when aborted. */
  async *complaints(range: ComplaintRange): AsyncGenerator<Complaint, void, undefined> {
    for (const part of splitRange(range)) {
      const name = `GET ${COMPLAINTS_PATH}${queryOf({ ...part })}`;
      const fetch = (page: Required<PageQuery>): Observable<Page<Complaint>> => {
        const target = `${COMPLAINTS_PATH}${queryOf({ ...page, ...part })}`;
        return this.fetch(target, readComplaintPage, this.quotas.list);
      };
      const idOf = ({ complaint_id }: Complaint): string => complaint_id;
      yield* allItems({ name, limit: MAX_COMPLAINTS, fetch, idOf }, this.signal);
    }
  }

  /** The whole history. Ends early, without an error, when aborted. */
  async history(complaintId: string): Promise<ComplaintHistoryEntry[]> {
    const path = `${complaintPath(complaintId)}/negotiation-historys`;
    const fetch = (page: Required<PageQuery>): Observable<Page<ComplaintHistoryEntry>> =>
      this.fetch(`${path}${queryOf({ ...page })}`, readHistoryPage, this.quotas.history);
    const idOf = ({ log_id }: ComplaintHistoryEntry): string => log_id;
    const entries: ComplaintHistoryEntry[] = [];
    const list = { name: `GET ${path}`, limit: MAX_ENTRIES, fetch, idOf };
    for await (const entry of allItems(list, this.signal)) entries.push(entry);
    return entries;
  }

  private fetch<T>(target: string, read: Reader<T>, quota: CallQuota): Observable<T> {
    // The client would retry behind the back of the quota.
    const request: WechatPayRequest = {
      method: 'GET',
      target,
      maxBytes: MAX_PAGE_BYTES,
      hints: LIST_HINTS,
      attempts: 1,
    };
    return defer(() => this.fetchPatiently(request, read, quota));
  }

  private async fetchPatiently<T>(
    request: WechatPayRequest,
    read: Reader<T>,
    quota: CallQuota,
  ): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      await quota.take(this.signal);
      this.calls += 1;
      try {
        const value = await lastValueUnlessAborted(this.client.fetch(request, read), this.signal);
        this.signal.throwIfAborted();
        if (value !== undefined) return value;
      } catch (error) {
        if (!(error instanceof WechatPayError) || !mayRetry(request, error)) throw error;
        const settings = isRateLimit(error) ? ON_RATE_LIMIT : ON_FAILURE;
        if (attempt >= settings.attempts) throw error;
        // At least half of the pause: a rate limit does not end at once.
        const pause = Math.max(
          retryDelay(attempt, error, settings),
          Math.min(settings.maxDelay, settings.baseDelay * 2 ** (attempt - 1)) / 2,
        );
        await delay(pause, undefined, { signal: this.signal });
      }
    }
  }
}
