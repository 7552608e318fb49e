import { isJsonObject } from '../utils/json.js';
import { typeName } from '../utils/type-name.js';
import type { ArgumentProblems } from '../http/request-arguments.js';

/** WeChat Pay takes characters of one to three bytes of UTF-8, and no NUL. */
function characterProblems(value: string): string[] {
  const problems: string[] = [];
  if (value.includes('\0')) problems.push('must not contain NUL');
  // Without its other half, a half of a pair is no character; by the flag u it is only found so.
  if (/\p{Surrogate}/u.test(value)) problems.push('must not contain half a surrogate pair');
  const [wide] = /[\u{10000}-\u{10ffff}]/u.exec(value) ?? [];
  if (wide !== undefined) {
    const codePoint = wide.codePointAt(0)?.toString(16).toUpperCase();
    problems.push(
      `contains U+${codePoint}: WeChat Pay takes characters of up to 3 bytes, so neither emoji nor rare hanzi`,
    );
  }
  return problems;
}

/** Of a text of 1 to `max` characters. */
export function textProblems(value: unknown, max = Infinity): string[] {
  if (typeof value !== 'string') return [`is of type ${typeName(value)}, not a string`];
  if (value === '') return ['must not be empty'];
  const problems = characterProblems(value);
  const { length } = Array.from(value);
  if (length > max) problems.push(`has ${length} characters, at most ${max} are allowed`);
  return problems;
}

export function integerProblems(value: unknown, min: number, max?: number): string[] {
  const isInRange =
    typeof value === 'number' &&
    Number.isSafeInteger(value) &&
    value >= min &&
    (max === undefined || value <= max);
  if (isInRange) return [];
  const range = max === undefined ? `from ${min} on` : `from ${min} to ${max}`;
  const what = typeof value === 'number' ? `is ${value}` : `is of type ${typeName(value)}`;
  return [`${what}, not an integer ${range}`];
}

/** Of an argument that may be left out. */
export function unlessAbsent<T>(
  value: T | undefined,
  problemsOf: (value: T) => string[],
): string[] {
  return value === undefined ? [] : problemsOf(value);
}

/** Of an https URL of up to `max` characters. */
export function httpsUrlProblems(value: unknown, max: number): string[] {
  const problems = textProblems(value, max);
  if (typeof value !== 'string' || value === '') return problems;
  const isHttps = /^https:\/\/[^/\\\s]/i.test(value) && URL.canParse(value);
  if (!isHttps) problems.push('must be an absolute https:// URL');
  if (/\s/.test(value)) problems.push('must not contain white space');
  return problems;
}

export const MAX_MEDIA_ID_LENGTH = 512;

/** Of up to four ids of uploaded images. */
export function mediaIdsProblems(value: unknown): string[] {
  if (!Array.isArray(value)) return [`is of type ${typeName(value)}, not an array`];
  const problems = value.flatMap((id: unknown, index) =>
    textProblems(id, MAX_MEDIA_ID_LENGTH).map((problem) => `[${index}] ${problem}`),
  );
  if (value.length > 4) problems.push(`has ${value.length} entries, at most 4 are allowed`);
  return problems;
}

const DAY = 24 * 60 * 60 * 1000;

/** Whole days from the first of January 1970 to this date, `yyyy-MM-dd`; NaN when there is none such. */
export function dayOf(date: unknown): number {
  if (typeof date !== 'string' || !/^\d{4}-\d{2}-\d{2}$/.test(date)) return NaN;
  const day = Date.parse(date) / DAY;
  return Number.isNaN(day) || dateOf(day) !== date ? NaN : day;
}

/** The other way round. */
export function dateOf(day: number): string {
  return new Date(day * DAY).toISOString().slice(0, 10);
}

/**
 * Of a first and a last day.
 *
 * @param maxDistance days that may lie between them
 */
export function rangeProblems(
  { begin_date, end_date }: { readonly begin_date: unknown; readonly end_date: unknown },
  maxDistance = Infinity,
): ArgumentProblems {
  const [begin, end] = [dayOf(begin_date), dayOf(end_date)];
  const noDate = (date: unknown, day: number): string[] => {
    if (!Number.isNaN(day)) return [];
    return [typeof date === 'string' ? 'is no date as yyyy-MM-dd' : `is of type ${typeName(date)}`];
  };
  const problems = noDate(end_date, end);
  if (end < begin) problems.push('lies before begin_date');
  if (end - begin > maxDistance) {
    problems.push(
      `lies ${end - begin} days after begin_date, at most ${maxDistance} are allowed: listAll() splits longer ranges`,
    );
  }
  return { begin_date: noDate(begin_date, begin), end_date: problems };
}

/** Deeper than any documented message. */
const MAX_DEPTH = 16;

/** Everything in a value that cannot be sent as JSON or that WeChat Pay does not take, by its path. */
export function contentProblems(value: unknown, path: string, depth = 0): ArgumentProblems {
  if (typeof value === 'string') return { [path]: characterProblems(value) };
  if (value === undefined || typeof value === 'boolean' || Number.isFinite(value)) return {};
  if (!Array.isArray(value) && !isJsonObject(value)) {
    return { [path]: [`is of type ${typeName(value)}, which cannot be sent`] };
  }
  if (depth > MAX_DEPTH) return { [path]: ['is nested too deeply'] };
  const parts = Array.isArray(value)
    ? value.map((item: unknown, index) => [`${path}[${index}]`, item] as const)
    : Object.entries(value).map(([name, part]) => [`${path}.${name}`, part] as const);
  return Object.fromEntries(
    parts.flatMap(([at, part]) => Object.entries(contentProblems(part, at, depth + 1))),
  );
}
