import { closestMatch } from '../utils/closest-match.js';
import { isJsonObject, type JsonObject } from '../utils/json.js';
import { typeName } from '../utils/type-name.js';
import type { ConfigurationProblem } from '../errors/wechatpay-configuration.error.js';

/** Records one fault: see `ConfigurationProblem`. */
export type Report = (
  option: ConfigurationProblem['option'],
  problem: ConfigurationProblem['problem'],
  fix: ConfigurationProblem['fix'],
) => void;

/** Options as JavaScript, a file or a database may give them: nothing about their values is known. */
export type Unchecked<Options> = { readonly [Name in keyof Options]?: unknown };

/** Milliseconds. */
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

export interface NumberRule {
  readonly default: number;
  readonly max: number;
  /** @default 'milliseconds' */
  readonly unit?: 'seconds' | 'attempts' | 'merchants' | 'calls';
}

/** Checks a number above zero. Undefined means the default; null is a fault. */
export function checkNumber(
  option: string,
  value: unknown,
  { default: fallback, max, unit }: NumberRule,
  report: Report,
): number {
  if (value === undefined) return fallback;
  if (typeof value === 'number' && value > 0 && value <= max) return value;
  report(
    option,
    typeof value === 'number' ? `is ${value}` : `is of type ${typeName(value)}`,
    `Give a number of ${unit ?? 'milliseconds'} above 0 and up to ${max}.`,
  );
  return fallback;
}

/** A string, such as one from an environment variable, would be true whatever it says. */
export function checkFlag(
  option: string,
  value: unknown,
  fallback: boolean,
  report: Report,
): boolean {
  if (value === undefined) return fallback;
  if (typeof value === 'boolean') return value;
  report(option, `is of type ${typeName(value)}`, 'Give true or false.');
  return fallback;
}

/**
 * Checks a group of options. Undefined means an empty group.
 *
 * @param names the options of the group; undefined if any name is allowed
 */
export function checkGroup(
  option: string,
  value: unknown,
  names: readonly string[] | undefined,
  report: Report,
  fix = 'Give an object with its settings.',
): JsonObject {
  if (value === undefined) return {};
  if (isJsonObject(value)) {
    if (names) checkNames(`${option}.`, value, names, report);
    return value;
  }
  report(option, `is of type ${typeName(value)}`, fix);
  return {};
}

/** Reports each name that is no option, and the option that was probably meant. */
export function checkNames(
  prefix: string,
  given: object,
  names: readonly string[],
  report: Report,
): void {
  for (const name of Object.keys(given)) {
    if (names.includes(name)) continue;
    const match = closestMatch(name, names);
    report(
      // A name of any other form may be a secret, written where a name belongs.
      prefix + (/^[\w-]{1,60}$/.test(name) ? name : '(a name that is not a word)'),
      'is not an option',
      match === undefined
        ? `Remove it. The options are: ${names.map((known) => prefix + known).join(', ')}.`
        : `Did you mean ${prefix}${match}?`,
    );
  }
}

/** Says what is wrong with a text, or that it is missing, in quotes, or not text at all. */
export function describe(value: unknown, otherwise: string): string {
  if (value === undefined || value === '') return 'is missing';
  if (typeof value !== 'string') return `${otherwise} (it is of type ${typeName(value)})`;
  return isQuoted(value) ? 'has quotes around it' : otherwise;
}

/** Some environments, such as `docker run --env-file`, keep the quotes of a value. */
export function isQuoted(text: string): boolean {
  return /^(["'`])[^]*\1$/.test(text.trim()) && text.trim().length > 1;
}
