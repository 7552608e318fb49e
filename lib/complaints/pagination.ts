import type { Observable } from 'rxjs';
import { dateOf, dayOf } from './argument-checks.js';
import type { Page } from './interfaces/complaint.interface.js';
import type { ComplaintRange } from './interfaces/complaint-requests.interface.js';
import { lastValueUnlessAborted } from './paged-observable.js';
import { malformedResponse, type WechatPayApiError } from '../errors/wechatpay-api.error.js';

/**
 * Days of a range, first and last included, that WeChat Pay takes in whatever way it counts its 30.
 */
const DAYS_PER_WINDOW = 30;
/** Of one list: half a million complaints in a month. What goes on after that goes on for ever. */
const MAX_PAGES = 10_000;

export interface PagedList<T> {
  /** For errors. */
  readonly name: string;
  readonly fetch: (offset: number) => Observable<Page<T>>;
  readonly keyOf: (item: T) => string;
}

/**
 * Every item of a list once. What is added to a list while it is read shifts the rest to later
 * offsets, so that items come again: those are left out. What leaves it shifts the rest to earlier
 * ones, which a lower `total_count` tells: then it is read again from there. Where no total is sent,
 * an item may be missed so.
 *
 * @throws WechatPayApiError MALFORMED_RESPONSE when the pages do not lead to an end
 */
export async function* allItems<T>(
  { name, fetch, keyOf }: PagedList<T>,
  signal: AbortSignal,
): AsyncGenerator<T, void, undefined> {
  const seen = new Set<string>();
  let offset = 0;
  let total: number | undefined;
  /** How many have been added since the first page, as far as totals tell. */
  let added = 0;
  for (let pages = 0; pages < MAX_PAGES; pages += 1) {
    const page = await lastValueUnlessAborted(fetch(offset), signal);
    if (!page || page.data.length === 0) return;
    const { data, limit, total_count } = page;
    const before = seen.size;
    for (const item of data) {
      const key = keyOf(item);
      if (seen.has(key)) continue;
      seen.add(key);
      yield item;
    }
    const change = total === undefined || total_count === undefined ? 0 : total_count - total;
    total = total_count;
    if (change < 0) {
      offset = Math.max(0, offset + change);
      continue;
    }
    added += change;
    offset += data.length;
    if (seen.size === before) {
      const isTheSame = total === undefined ? data.length >= limit : offset - seen.size > added;
      if (isTheSame) throw endless(name, 'the same page comes again');
      if (total === undefined) return;
    }
    if (total !== undefined && offset >= total) return;
  }
  throw endless(name, `there is no end to it after ${MAX_PAGES} pages`);
}

function endless(name: string, reason: string): WechatPayApiError {
  return malformedResponse(name, reason, { status: 200 });
}

/** Ranges that WeChat Pay takes, oldest first, which together are the one given. */
export function splitRange<T extends ComplaintRange>(range: T): T[] {
  const [begin, end] = [dayOf(range.begin_date), dayOf(range.end_date)];
  const windows: T[] = [];
  for (let first = begin; first <= end; first += DAYS_PER_WINDOW) {
    const begin_date = dateOf(first);
    const end_date = dateOf(Math.min(first + DAYS_PER_WINDOW - 1, end));
    windows.push({ ...range, begin_date, end_date });
  }
  return windows;
}
