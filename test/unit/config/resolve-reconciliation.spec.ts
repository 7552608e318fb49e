import { describe, expect, it } from '@jest/globals';
import {
  resolveDeadlines,
  resolveReconciliation,
} from '../../../lib/config/resolve-reconciliation.js';
import { collect, problem } from '../../support/option-problems.js';

const DAY = 24 * 60 * 60 * 1000;
const MILLISECONDS = (max: number) =>
  new RegExp(`^Give a number of milliseconds above 0 and up to ${max}\\.$`);

describe('resolveReconciliation', () => {
  const resolve = (value?: unknown) => collect((report) => resolveReconciliation(value, report));

  it('is off by default, and on with any object', () => {
    expect(resolve().result.isOn).toBe(false);
    expect(resolve(false)).toEqual(resolve());
    expect(resolve({})).toEqual({ problems: [], result: { ...resolve().result, isOn: true } });
  });

  it('can leave the sweeps to the app', () => {
    expect(resolve({ interval: false })).toMatchObject({
      problems: [],
      result: { isOn: true, interval: false },
    });
  });

  it('remembers complaints for twice as long as sweeps look back, and for 90 days at least', () => {
    expect(resolve({ lookback: 45 * DAY }).result.memory).toBe(90 * DAY);
    expect(resolve({ lookback: 46 * DAY }).result.memory).toBe(92 * DAY);
  });

  it.each([
    [true, 'boolean'],
    ['on', 'string'],
    [null, 'null'],
    [600_000, 'number'],
  ])('rejects %p', (value, type) => {
    expect(resolve(value).problems).toEqual([
      problem('reconciliation', `is of type ${type}`, /^Give false, or an object/),
    ]);
  });

  it.each([
    ['interval', DAY],
    ['lookback', 366 * DAY],
    ['grace', DAY],
  ])('rejects a wrong %s', (name, max) => {
    for (const value of [0, -1, NaN, max + 1, '1000', null]) {
      expect(resolve({ [name]: value }).problems).toEqual([
        problem(`reconciliation.${name}`, /^is /, MILLISECONDS(max)),
      ]);
    }
    expect(resolve({ [name]: max }).problems).toEqual([]);
  });

  it.each(['listsPerMinute', 'historiesPerMinute'])('rejects a wrong %s', (name) => {
    for (const value of [1, 2.5]) {
      expect(resolve({ [name]: value }).problems).toEqual([
        problem(`reconciliation.${name}`, `is ${value}`, /^Give a whole number of 2 or more\.$/),
      ]);
    }
    expect(resolve({ [name]: '200' }).problems).toEqual([
      problem(`reconciliation.${name}`, 'is of type string', /^Give a number of calls/),
    ]);
    expect(resolve({ [name]: 2 }).problems).toEqual([]);
  });

  it('says which option was meant', () => {
    expect(resolve({ intervall: 1 }).problems).toEqual([
      problem(
        'reconciliation.intervall',
        'is not an option',
        /^Did you mean reconciliation\.interval\?$/,
      ),
    ]);
  });
});

describe('resolveDeadlines', () => {
  const resolve = (value?: unknown) => collect((report) => resolveDeadlines(value, report));

  it('has the documented deadlines', () => {
    const result = { firstReply: DAY, completion: 3 * DAY, remind: [DAY / 6, DAY / 24] };
    expect(resolve()).toEqual({ problems: [], result });
    expect(resolve({})).toEqual({ problems: [], result });
  });

  it.each(['firstReply', 'completion'])('rejects a wrong %s', (name) => {
    for (const value of [0, 367 * DAY, '24h', null]) {
      expect(resolve({ [name]: value }).problems).toEqual([
        problem(`deadlines.${name}`, /^is /, MILLISECONDS(366 * DAY)),
      ]);
    }
  });

  it.each([
    [1000, 'is of type number'],
    [null, 'is of type null'],
    [Array.from({ length: 11 }, () => 1), 'has 11 entries'],
  ])('rejects %p as reminders', (remind, text) => {
    expect(resolve({ remind }).problems).toEqual([
      problem('deadlines.remind', text, /^Give an array of up to 10 numbers/),
    ]);
  });

  it('rejects a reminder that is no time', () => {
    expect(resolve({ remind: [1000, '1h', undefined] }).problems).toEqual([
      problem('deadlines.remind[1]', 'is of type string', MILLISECONDS(366 * DAY)),
      problem('deadlines.remind[2]', 'is of type null', MILLISECONDS(366 * DAY)),
    ]);
  });
});
