import { isJsonObject } from '../../utils/json.js';
import type { ComplaintRecord } from '../notification-store.interface.js';
import type { ComplaintRow, SqlResult } from './dialects/dialect.js';

type Mutable<T> = { -readonly [Name in keyof T]: T[Name] };

/** The columns of a record: null where it has nothing. */
export function columnsOfRecord(record: ComplaintRecord): Omit<ComplaintRow, 'mchid' | 'id'> {
  return {
    heardAt: record.heardAt ?? null,
    complainedAgainAt: record.complainedAgainAt ?? null,
    firstReplyRemindedAt: record.firstReplyRemindedAt ?? null,
    completionRemindedAt: record.completionRemindedAt ?? null,
    seen: record.seen ?? null,
  };
}

/**
 * Reads the records of a result, by the column `id`.
 *
 * @throws Error if the client returns something undocumented
 */
export function readRecords({ rows }: SqlResult): Map<string, ComplaintRecord> {
  const records = new Map<string, ComplaintRecord>();
  for (const row of rows) {
    if (!isJsonObject(row) || typeof row.id !== 'string') {
      throw new Error('the client returned a row without the id of the complaint');
    }
    records.set(row.id, readRecord(row));
  }
  return records;
}

function readRecord(row: Readonly<Record<string, unknown>>): ComplaintRecord {
  const record: Mutable<ComplaintRecord> = {};
  const heardAt = readTime(row.heard_at);
  const complainedAgainAt = readTime(row.complained_again_at);
  const firstReplyRemindedAt = readTime(row.first_reply_reminded_at);
  const completionRemindedAt = readTime(row.completion_reminded_at);
  if (heardAt !== undefined) record.heardAt = heardAt;
  if (complainedAgainAt !== undefined) record.complainedAgainAt = complainedAgainAt;
  if (firstReplyRemindedAt !== undefined) record.firstReplyRemindedAt = firstReplyRemindedAt;
  if (completionRemindedAt !== undefined) record.completionRemindedAt = completionRemindedAt;
  if (typeof row.seen === 'string') record.seen = row.seen;
  return record;
}

/** Drivers return a BIGINT as a number, a text or a bigint. */
function readTime(value: unknown): number | undefined {
  if (value === null || value === undefined) return undefined;
  const isNumeric =
    typeof value === 'number' || typeof value === 'bigint' || typeof value === 'string';
  const time = isNumeric ? Number(value) : NaN;
  if (Number.isSafeInteger(time)) return time;
  throw new Error('the client returned a time of a complaint that is no whole number');
}
