import type { ArgumentProblems } from '../http/request-arguments.js';
import { typeProblem } from './argument-checks.js';
import type { ComplaintRange } from './interfaces/complaint-requests.interface.js';

const DAY = 24 * 60 * 60 * 1000;

/**
 * Days in a range, counting the first and the last, which WeChat Pay accepts whichever way it counts
 * "at most 30 days".
 */
const DAYS_PER_RANGE = 30;

/** Whole days from 1970-01-01 to this date, `yyyy-MM-dd`. NaN when there is no such date. */
export function dayOf(date: unknown): number {
  if (typeof date !== 'string' || !/^\d{4}-\d{2}-\d{2}$/.test(date)) return NaN;
  const day = Date.parse(date) / DAY;
  return Number.isNaN(day) || dateOf(day) !== date ? NaN : day;
}

function dateOf(day: number): string {
  return new Date(day * DAY).toISOString().slice(0, 10);
}

/** @param maxDistance days that the last day may lie after the first */
export function rangeProblems(
  { begin_date, end_date }: ComplaintRange,
  maxDistance = Infinity,
): ArgumentProblems {
  const distance = dayOf(end_date) - dayOf(begin_date);
  const problems = dateProblems(end_date);
  if (distance < 0) problems.push('lies before begin_date');
  if (distance > maxDistance) {
    problems.push(
      `lies ${distance} days after begin_date, at most ${maxDistance} are allowed: listAll() splits longer ranges`,
    );
  }
  return { begin_date: dateProblems(begin_date), end_date: problems };
}

function dateProblems(date: unknown): string[] {
  if (typeof date !== 'string') return [typeProblem(date, 'a date as yyyy-MM-dd')];
  return Number.isNaN(dayOf(date)) ? ['is not a date as yyyy-MM-dd'] : [];
}

/** Splits a range into ranges that WeChat Pay accepts, oldest first. */
export function splitRange({
  begin_date,
  end_date,
  complainted_mchid,
}: ComplaintRange): ComplaintRange[] {
  const ranges: ComplaintRange[] = [];
  const end = dayOf(end_date);
  for (let first = dayOf(begin_date); first <= end; first += DAYS_PER_RANGE) {
    const last = Math.min(first + DAYS_PER_RANGE - 1, end);
    ranges.push({ begin_date: dateOf(first), end_date: dateOf(last), complainted_mchid });
  }
  return ranges;
}
