import type { ArgumentProblems } from '../http/request-arguments.js';
import { isJsonObject } from '../utils/json.js';
import { typeName } from '../utils/type-name.js';

/** What is wrong with a value of another type than `expected`, such as "a string". */
export function typeProblem(value: unknown, expected: string): string {
  return value === undefined ? 'is missing' : `is of type ${typeName(value)}, not ${expected}`;
}

/** WeChat Pay accepts characters of one to three bytes in UTF-8, and no NUL. */
export function characterProblems(value: string): string[] {
  const problems: string[] = [];
  if (value.includes('\0')) problems.push('must not contain NUL');
  // With the flag u, only a surrogate without its other half matches.
  if (/\p{Surrogate}/u.test(value)) problems.push('must not contain half a surrogate pair');
  const [wide] = /[\u{10000}-\u{10ffff}]/u.exec(value) ?? [];
  if (wide !== undefined) {
    const codePoint = wide.codePointAt(0)?.toString(16).toUpperCase();
    problems.push(
      `contains U+${codePoint}: WeChat Pay accepts characters of up to 3 bytes, so neither emoji nor rare hanzi`,
    );
  }
  return problems;
}

/** For text of 1 to `max` characters. */
export function textProblems(value: unknown, max = Infinity): string[] {
  if (typeof value !== 'string') return [typeProblem(value, 'a string')];
  if (value === '') return ['must not be empty'];
  const problems = characterProblems(value);
  const { length } = Array.from(value);
  if (length > max) problems.push(`has ${length} characters, at most ${max} are allowed`);
  return problems;
}

export function integerProblems(value: unknown, min: number, max = Infinity): string[] {
  const range = max === Infinity ? `from ${min} on` : `from ${min} to ${max}`;
  if (typeof value !== 'number') return [typeProblem(value, `an integer ${range}`)];
  const isInRange = Number.isSafeInteger(value) && value >= min && value <= max;
  return isInRange ? [] : [`is ${value}, not an integer ${range}`];
}

/** For arguments that may be missing. */
export function unlessMissing<T>(
  value: T | undefined,
  problemsOf: (value: T) => string[],
): string[] {
  return value === undefined ? [] : problemsOf(value);
}

/** For an https URL of up to `max` characters. */
export function httpsUrlProblems(value: unknown, max: number): string[] {
  const problems = textProblems(value, max);
  if (typeof value !== 'string' || value === '') return problems;
  const isHttps = /^https:\/\/[^/\\\s]/i.test(value) && URL.canParse(value);
  if (!isHttps) problems.push('must be an absolute https:// URL');
  if (/\s/.test(value)) problems.push('must not contain white space');
  return problems;
}

export const MAX_MEDIA_ID_LENGTH = 512;

/** For up to four ids of uploaded images. */
export function mediaIdsProblems(value: unknown): string[] {
  if (!Array.isArray(value)) return [typeProblem(value, 'an array')];
  const problems = value.flatMap((id: unknown, index) =>
    textProblems(id, MAX_MEDIA_ID_LENGTH).map((problem) => `[${index}] ${problem}`),
  );
  if (value.length > 4) problems.push(`has ${value.length} entries, at most 4 are allowed`);
  return problems;
}

/** Deeper than any documented message. */
const MAX_DEPTH = 16;

/** Everything in a value that JSON cannot hold or that WeChat Pay does not accept, by its path. */
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
