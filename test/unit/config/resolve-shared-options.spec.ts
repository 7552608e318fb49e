import { describe, expect, it } from '@jest/globals';
import { resolveSharedOptions } from '../../../lib/config/resolve-shared-options.js';
import type { SharedOptions } from '../../../lib/config/wechatpay-complaint-options.interface.js';
import { MemoryNotificationStore } from '../../../lib/stores/memory-notification-store.js';
import { collect, problem } from '../../support/option-problems.js';

const DAY = 24 * 60 * 60 * 1000;

type Overrides = Partial<Record<keyof SharedOptions, unknown>>;

const resolve = (options: Overrides = {}) =>
  collect((report) => resolveSharedOptions(options as SharedOptions, report));
const problemsOf = (options: Overrides) => resolve(options).problems;

describe('resolveSharedOptions', () => {
  it('fills in the defaults', () => {
    expect(resolve()).toEqual({
      problems: [],
      result: {
        store: undefined,
        lease: 60_000,
        retention: 8 * DAY,
        handlerTimeout: 4500,
        handlerLimit: 900_000,
        shutdownTimeout: 10_000,
        reconciliation: {
          isOn: false,
          memory: 90 * DAY,
          interval: 600_000,
          lookback: 30 * DAY,
          grace: 900_000,
          listsPerMinute: 200,
          historiesPerMinute: 200,
        },
        deadlines: { firstReply: DAY, completion: 3 * DAY, remind: [14_400_000, 3_600_000] },
        timeout: 10_000,
        retry: { attempts: 3, baseDelay: 200, maxDelay: 2000, deadline: 30_000 },
        failoverCooldown: 60_000,
        clockTolerance: 300,
        request: {},
      },
    });
  });

  it('keeps the given values', () => {
    const given: SharedOptions = {
      store: new MemoryNotificationStore(),
      lease: 1000,
      retention: DAY,
      handlerTimeout: 2000,
      handlerLimit: 3000,
      shutdownTimeout: 1,
      reconciliation: {
        interval: 1000,
        lookback: DAY,
        grace: 0.5,
        listsPerMinute: 2,
        historiesPerMinute: 100,
      },
      deadlines: { firstReply: 1, completion: 2, remind: [] },
      timeout: 5000,
      retry: { attempts: 2, baseDelay: 10, maxDelay: 20, deadline: 6000 },
      failoverCooldown: 1000,
      clockTolerance: 0.5,
      request: { proxy: false },
    };

    expect(resolve({ ...given })).toEqual({
      problems: [],
      result: {
        ...given,
        reconciliation: { ...given.reconciliation, isOn: true, memory: 90 * DAY },
      },
    });
  });

  describe.each<[option: string, max: number, unit: string, set: (value: unknown) => Overrides]>([
    ['timeout', 600_000, 'milliseconds', (timeout) => ({ timeout })],
    ['clockTolerance', 3600, 'seconds', (clockTolerance) => ({ clockTolerance })],
    ['retry.attempts', 100, 'attempts', (attempts) => ({ retry: { attempts } })],
    ['retry.baseDelay', 600_000, 'milliseconds', (baseDelay) => ({ retry: { baseDelay } })],
    ['retry.maxDelay', 600_000, 'milliseconds', (maxDelay) => ({ retry: { maxDelay } })],
    ['retry.deadline', 600_000, 'milliseconds', (deadline) => ({ retry: { deadline } })],
    ['failoverCooldown', DAY, 'milliseconds', (failoverCooldown) => ({ failoverCooldown })],
    ['lease', DAY, 'milliseconds', (lease) => ({ lease })],
    ['retention', 366 * DAY, 'milliseconds', (retention) => ({ retention })],
    ['handlerTimeout', 600_000, 'milliseconds', (handlerTimeout) => ({ handlerTimeout })],
    [
      'handlerLimit',
      DAY,
      'milliseconds',
      (handlerLimit) => ({ handlerLimit, handlerTimeout: 0.1 }),
    ],
    ['shutdownTimeout', 600_000, 'milliseconds', (shutdownTimeout) => ({ shutdownTimeout })],
  ])('%s', (option, max, unit, set) => {
    it.each([0, -1, NaN, Infinity, max + 1, '1000', null, true, [1000]])('rejects %p', (value) => {
      expect(problemsOf(set(value))).toEqual([
        problem(
          option,
          /^is /,
          new RegExp(`^Give a number of ${unit} above 0 and up to ${max}\\.$`),
        ),
      ]);
    });

    it(`accepts up to ${max}`, () => {
      expect(problemsOf(set(max))).toEqual([]);
      expect(problemsOf(set(1))).toEqual([]);
    });
  });

  it('rejects a handlerLimit below handlerTimeout', () => {
    expect(problemsOf({ handlerLimit: 4499 })).toEqual([
      problem('handlerLimit', 'is 4499, below handlerTimeout', /^Give at least 4500 milliseconds/),
    ]);
    expect(problemsOf({ handlerLimit: 4500 })).toEqual([]);
    expect(problemsOf({ handlerLimit: 60_000, handlerTimeout: 60_001 })).toHaveLength(1);
  });

  describe('store', () => {
    it.each([
      ['redis://127.0.0.1', 'string'],
      [{}, 'object'],
      [{ claim: () => undefined, renew: () => undefined, complete: () => undefined }, 'object'],
      [true, 'boolean'],
      [null, 'null'],
    ])('rejects %p', (store, kind) => {
      expect(problemsOf({ store })).toEqual([
        problem(
          'store',
          `is of type ${kind}, without the methods of a NotificationStore`,
          /new RedisNotificationStore/,
        ),
      ]);
    });

    it('accepts any object with the four methods, and false', () => {
      const store = new MemoryNotificationStore();

      expect(resolve({ store }).result.store).toBe(store);
      expect(resolve({ store: false }).result.store).toBe(false);
    });
  });

  describe('retry', () => {
    it.each([
      [3, 'number'],
      ['no', 'string'],
      [true, 'boolean'],
      [null, 'null'],
      [[], 'array'],
    ])('rejects %p', (retry, kind) => {
      expect(problemsOf({ retry })).toEqual([
        problem('retry', `is of type ${kind}`, /^Give false, or an object/),
      ]);
    });

    it('rejects an unknown setting with a suggestion', () => {
      expect(problemsOf({ retry: { attempt: 5 } })).toEqual([
        problem('retry.attempt', 'is not an option', /^Did you mean retry\.attempts\?$/),
      ]);
    });

    it.each([1.5, -1.5])('rejects %d attempts, once', (attempts) => {
      expect(problemsOf({ retry: { attempts } })).toEqual([
        problem('retry.attempts', `is ${attempts}`, /^Give a (whole )?number/),
      ]);
    });

    it('treats false as a single attempt', () => {
      expect(resolve({ retry: false }).result.retry.attempts).toBe(1);
    });

    it('gives a call as much time as one attempt may take, unless a deadline is given', () => {
      const deadlineOf = (options: Overrides) => resolve(options).result.retry.deadline;

      expect(deadlineOf({ timeout: 60_000 })).toBe(60_000);
      expect(deadlineOf({ timeout: 60_000, retry: false })).toBe(60_000);
      expect(deadlineOf({ timeout: 20_000 })).toBe(30_000);
      expect(deadlineOf({ timeout: 60_000, retry: { deadline: 5000 } })).toBe(5000);
    });
  });

  it.each([
    ['a string', 'proxy', 'string'],
    ['a boolean', false, 'boolean'],
    ['null', null, 'null'],
    ['a list', [], 'array'],
    ['a function', () => ({}), 'function'],
  ])('rejects a request that is %s', (_what, request, kind) => {
    expect(problemsOf({ request })).toEqual([
      problem('request', `is of type ${kind}`, /axios request config/),
    ]);
  });
});
