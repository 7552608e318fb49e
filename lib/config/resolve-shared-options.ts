import { isJsonObject } from '../utils/json.js';
import { typeName } from '../utils/type-name.js';
import type { NotificationStore } from '../stores/notification-store.interface.js';
import {
  checkGroup,
  checkNumber,
  DAY,
  MINUTE,
  type NumberRule,
  type Report,
  type Unchecked,
} from './option-checks.js';
import {
  type ResolvedDeadlines,
  type ResolvedReconciliation,
  resolveDeadlines,
  resolveReconciliation,
} from './resolve-reconciliation.js';
import type {
  RetryOptions,
  SharedOptions,
  WechatPayRequestConfig,
} from './wechatpay-complaint-options.interface.js';

/** Longest accepted time limit of a call or handler, in milliseconds. */
export const MAX_TIMEOUT = 10 * MINUTE;
/** Milliseconds for a call with all its attempts. */
const DEADLINE = 30_000;
const RETRY: Readonly<Record<keyof RetryOptions, true>> = {
  attempts: true,
  baseDelay: true,
  maxDelay: true,
  deadline: true,
};

/** Names of the options of the app. */
export const SHARED_OPTIONS: Readonly<Record<keyof SharedOptions, true>> = {
  store: true,
  lease: true,
  retention: true,
  handlerTimeout: true,
  handlerLimit: true,
  shutdownTimeout: true,
  reconciliation: true,
  deadlines: true,
  timeout: true,
  retry: true,
  failoverCooldown: true,
  clockTolerance: true,
  request: true,
};

/** The options of the app: checked and complete. */
export interface ResolvedSharedOptions {
  /** Undefined for the default store. */
  readonly store?: NotificationStore | false;
  readonly lease: number;
  readonly retention: number;
  readonly handlerTimeout: number;
  readonly handlerLimit: number;
  readonly shutdownTimeout: number;
  readonly reconciliation: ResolvedReconciliation;
  readonly deadlines: ResolvedDeadlines;
  readonly timeout: number;
  readonly retry: Readonly<Required<RetryOptions>>;
  readonly failoverCooldown: number;
  readonly clockTolerance: number;
  readonly request: WechatPayRequestConfig;
}

/** Checks the options of the app and reports every fault. */
export function resolveSharedOptions(
  options: Unchecked<SharedOptions>,
  report: Report,
): ResolvedSharedOptions {
  const number = (option: keyof SharedOptions, rule: NumberRule): number =>
    checkNumber(option, options[option], rule, report);
  const timeout = number('timeout', { default: 10_000, max: MAX_TIMEOUT });
  const handlerTimeout = number('handlerTimeout', { default: 4500, max: MAX_TIMEOUT });
  const handlerLimit = number('handlerLimit', { default: 15 * MINUTE, max: DAY });
  if (handlerLimit < handlerTimeout) {
    report(
      'handlerLimit',
      `is ${handlerLimit}, below handlerTimeout`,
      `Give at least ${handlerTimeout} milliseconds.`,
    );
  }
  return {
    store: resolveStore(options.store, report),
    lease: number('lease', { default: MINUTE, max: DAY }),
    retention: number('retention', { default: 8 * DAY, max: 366 * DAY }),
    handlerTimeout,
    handlerLimit,
    shutdownTimeout: number('shutdownTimeout', { default: 10_000, max: MAX_TIMEOUT }),
    reconciliation: resolveReconciliation(options.reconciliation, report),
    deadlines: resolveDeadlines(options.deadlines, report),
    timeout,
    retry: resolveRetry(options.retry, timeout, report),
    failoverCooldown: number('failoverCooldown', { default: MINUTE, max: DAY }),
    clockTolerance: number('clockTolerance', { default: 300, max: 3600, unit: 'seconds' }),
    request: checkGroup(
      'request',
      options.request,
      undefined,
      report,
      'Give an axios request config.',
    ),
  };
}

function resolveStore(store: unknown, report: Report): NotificationStore | false | undefined {
  if (store === undefined || store === false || isNotificationStore(store)) return store;
  report(
    'store',
    `is of type ${typeName(store)}, without the methods of a NotificationStore`,
    'Give false, or an instance such as new RedisNotificationStore(...).',
  );
  return undefined;
}

function isNotificationStore(store: unknown): store is NotificationStore {
  const methods = ['claim', 'renew', 'complete', 'release'];
  return isJsonObject(store) && methods.every((name) => typeof store[name] === 'function');
}

function resolveRetry(
  retry: unknown,
  timeout: number,
  report: Report,
): Readonly<Required<RetryOptions>> {
  const settings = checkGroup(
    'retry',
    retry === false ? { attempts: 1 } : retry,
    Object.keys(RETRY),
    report,
    'Give false, or an object with its settings.',
  );
  const number = (name: keyof RetryOptions, rule: NumberRule): number =>
    checkNumber(`retry.${name}`, settings[name], rule, report);
  const attempts = number('attempts', { default: 3, max: 100, unit: 'attempts' });
  if (!Number.isInteger(attempts)) {
    report('retry.attempts', `is ${attempts}`, 'Give a whole number.');
  }
  return {
    attempts,
    baseDelay: number('baseDelay', { default: 200, max: MAX_TIMEOUT }),
    maxDelay: number('maxDelay', { default: 2000, max: MAX_TIMEOUT }),
    // A longer limit for one attempt means that a call may take that long.
    deadline: number('deadline', { default: Math.max(DEADLINE, timeout), max: MAX_TIMEOUT }),
  };
}
