import { Logger } from '@nestjs/common';
import type { Observable } from 'rxjs';
import { malformedResponse, WechatPayApiError } from '../errors/wechatpay-api.error.js';
import { isNestedWithin } from '../utils/json.js';
import { LOGGER_CONTEXT } from '../wechatpay-complaint.constants.js';
import type { Page, UnreadableEntry } from './interfaces/complaint.interface.js';
import type { PageQuery } from './interfaces/complaint-requests.interface.js';
import { lastValueUnlessAborted } from './paged-observable.js';

/** Half a million complaints in a month: a list that goes on after that has no end. */
const MAX_ENTRIES = 500_000;
/** So many entries may be added at the top while one page is processed. */
const MAX_PAGES_WITHOUT_NEWS = 10;
/** Levels of JSON that may be written without overflowing the stack. */
const MAX_LEVELS = 64;
/** `当前查询结果数据量过大，请缩小limit后重试`. Its code is not documented. */
const TOO_MUCH_DATA = /缩小\s*limit/i;

const logger = new Logger(LOGGER_CONTEXT);

export interface PagedList<T> {
  /** Method and path, for errors and log lines. */
  readonly name: string;
  readonly limit: number;
  readonly fetch: (page: Required<PageQuery>) => Observable<Page<T>>;
  readonly idOf: (item: T) => string;
  readonly onUnreadable?: (entry: UnreadableEntry) => void;
}

/**
 * Every item of a list once, although the list may change while it is read. Entries that are added
 * move others to later offsets, where they come again and are skipped. Entries that leave move others
 * to offsets that were read already. Then fewer come than `total_count` announced, and the list is
 * read once more.
 *
 * @throws WechatPayApiError MALFORMED_RESPONSE when the list has no end
 */
export async function* allItems<T>(
  list: PagedList<T>,
  signal: AbortSignal,
): AsyncGenerator<T, void, undefined> {
  const delivered = new Set<string>();
  for (;;) {
    const before = delivered.size;
    const isComplete = yield* readOnce(list, delivered, signal);
    if (isComplete || delivered.size === before) return;
  }
}

/** Reads a list from its first page to its last. Returns whether all that was announced has come. */
async function* readOnce<T>(
  list: PagedList<T>,
  delivered: Set<string>,
  signal: AbortSignal,
): AsyncGenerator<T, boolean, undefined> {
  const seen = new Set<string>();
  let { limit } = list;
  let offset = 0;
  let total: number | undefined;
  let pagesWithoutNews = 0;
  while (total === undefined || seen.size < total) {
    let page: Page<T> | undefined;
    try {
      page = await lastValueUnlessAborted(list.fetch({ limit, offset }), signal);
    } catch (error) {
      if (limit === 1 || !isTooMuchData(error)) throw error;
      limit = Math.floor(limit / 2);
      continue;
    }
    if (!page) return true;
    const { data, unreadableEntries } = page;
    const length = data.length + unreadableEntries.length;
    if (length === 0) return total === undefined || seen.size >= total;
    const seenBefore = seen.size;
    for (const entry of unreadableEntries) {
      const position = offset + entry.index;
      seen.add(`content ${contentOf(entry)}`);
      if (!addTo(delivered, `position ${position}`)) continue;
      warnOfUnreadable(list.name, position, entry);
      list.onUnreadable?.(entry);
    }
    for (const item of data) {
      const id = `id ${list.idOf(item)}`;
      seen.add(id);
      if (addTo(delivered, id)) yield item;
    }
    // WeChat Pay sends it with the first page only.
    total ??= page.total_count;
    // A total below what has come is wrong.
    if (total !== undefined && total < seen.size) total = undefined;
    offset += length;
    pagesWithoutNews = seen.size === seenBefore ? pagesWithoutNews + 1 : 0;
    if (pagesWithoutNews > MAX_PAGES_WITHOUT_NEWS) {
      throw endless(list.name, 'the same entries come again and again');
    }
    if (offset > MAX_ENTRIES) {
      throw endless(list.name, `the list goes on after ${MAX_ENTRIES} entries`);
    }
  }
  return true;
}

function isTooMuchData(error: unknown): boolean {
  return error instanceof WechatPayApiError && TOO_MUCH_DATA.test(error.apiMessage);
}

/** Tells entries without an id apart, unless they are equal. */
function contentOf({ raw }: UnreadableEntry): string {
  return isNestedWithin(raw, MAX_LEVELS) ? JSON.stringify(raw) : 'nested too deeply';
}

/** Returns whether the value is new. */
function addTo(values: Set<string>, value: string): boolean {
  if (values.has(value)) return false;
  values.add(value);
  return true;
}

function warnOfUnreadable(name: string, position: number, { problem }: UnreadableEntry): void {
  logger.warn(
    `${name}: entry ${position} cannot be read and is skipped, because ${problem}. ` +
      'onUnreadable receives such entries.',
  );
}

function endless(name: string, reason: string): WechatPayApiError {
  return malformedResponse(name, reason, { status: 200 });
}
