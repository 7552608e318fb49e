import { typeName } from '../utils/type-name.js';
import {
  checkGroup,
  checkNumber,
  DAY,
  HOUR,
  MINUTE,
  type NumberRule,
  type Report,
} from './option-checks.js';
import type {
  DeadlineOptions,
  ReconciliationOptions,
} from './wechatpay-complaint-options.interface.js';

/** The times and quotas hold for `ComplaintReconciler.sweep()` in any case. */
export interface ResolvedReconciliation extends Readonly<Required<ReconciliationOptions>> {
  /** Whether sweeps are made at the interval. */
  readonly isOn: boolean;
  /** Milliseconds for which a complaint is remembered after the last news of it. */
  readonly memory: number;
}

export type ResolvedDeadlines = Readonly<Required<DeadlineOptions>>;

const RECONCILIATION: Readonly<Record<keyof ReconciliationOptions, true>> = {
  interval: true,
  lookback: true,
  grace: true,
  listsPerMinute: true,
  historiesPerMinute: true,
};
const DEADLINES: Readonly<Record<keyof DeadlineOptions, true>> = {
  firstReply: true,
  completion: true,
  remind: true,
};
const YEAR = 366 * DAY;
/** A complaint is remembered for at least this long. */
const MEMORY = 90 * DAY;
const MAX_REMINDERS = 10;

export function resolveReconciliation(
  reconciliation: unknown = false,
  report: Report,
): ResolvedReconciliation {
  const settings = checkGroup(
    'reconciliation',
    reconciliation === false ? {} : reconciliation,
    Object.keys(RECONCILIATION),
    report,
    'Give false, or an object with its settings: {} for the defaults.',
  );
  const number = (name: keyof ReconciliationOptions, rule: NumberRule): number =>
    checkNumber(`reconciliation.${name}`, settings[name], rule, report);
  const callsPerMinute = (name: 'listsPerMinute' | 'historiesPerMinute'): number => {
    const count = number(name, { default: 200, max: 1_000_000, unit: 'calls' });
    if (Number.isInteger(count) && count >= 2) return count;
    report(`reconciliation.${name}`, `is ${count}`, 'Give a whole number of 2 or more.');
    return count;
  };
  const lookback = number('lookback', { default: 30 * DAY, max: YEAR });
  return {
    isOn: reconciliation !== false,
    memory: Math.max(MEMORY, 2 * lookback),
    interval:
      settings.interval === false ? false : number('interval', { default: 10 * MINUTE, max: DAY }),
    lookback,
    grace: number('grace', { default: 15 * MINUTE, max: DAY }),
    listsPerMinute: callsPerMinute('listsPerMinute'),
    historiesPerMinute: callsPerMinute('historiesPerMinute'),
  };
}

export function resolveDeadlines(deadlines: unknown, report: Report): ResolvedDeadlines {
  const settings = checkGroup('deadlines', deadlines, Object.keys(DEADLINES), report);
  const number = (name: 'firstReply' | 'completion', fallback: number): number =>
    checkNumber(`deadlines.${name}`, settings[name], { default: fallback, max: YEAR }, report);
  return {
    firstReply: number('firstReply', 24 * HOUR),
    completion: number('completion', 72 * HOUR),
    remind: resolveRemind(settings.remind, report),
  };
}

function resolveRemind(remind: unknown = [4 * HOUR, HOUR], report: Report): readonly number[] {
  if (Array.isArray(remind) && remind.length <= MAX_REMINDERS) {
    return remind.map((before: unknown, index) =>
      checkNumber(
        `deadlines.remind[${index}]`,
        before ?? null,
        { default: HOUR, max: YEAR },
        report,
      ),
    );
  }
  report(
    'deadlines.remind',
    Array.isArray(remind) ? `has ${remind.length} entries` : `is of type ${typeName(remind)}`,
    `Give an array of up to ${MAX_REMINDERS} numbers of milliseconds, [] for no reminder before a deadline.`,
  );
  return [];
}
