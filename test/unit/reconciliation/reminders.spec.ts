import { describe, expect, it } from '@jest/globals';
import { remindersOf } from '../../../lib/reconciliation/reminders.js';

const HOUR = 60 * 60 * 1000;
const REMIND = [4 * HOUR, HOUR];
const DUE = Date.UTC(2015, 4, 20);
const deadlines = { completion: new Date(DUE) };
const at = (time: number, remind = REMIND) => remindersOf(deadlines, remind, time);

describe('remindersOf', () => {
  it('has none before the first threshold', () => {
    expect(at(DUE - 4 * HOUR - 1)).toEqual([]);
  });

  it.each([
    ['at the first threshold', DUE - 4 * HOUR, 'due-soon', DUE - 4 * HOUR],
    ['between thresholds', DUE - HOUR - 1, 'due-soon', DUE - 4 * HOUR],
    ['behind the last threshold', DUE - 1, 'due-soon', DUE - HOUR],
    ['at the deadline', DUE, 'overdue', DUE],
    ['long after it', DUE + 100 * HOUR, 'overdue', DUE],
  ])('has the latest one %s', (_when, now, state, moment) => {
    expect(at(now)).toEqual([{ kind: 'completion', dueAt: new Date(DUE), state, moment }]);
  });

  it('does not depend on the order of the thresholds, and needs none', () => {
    expect(at(DUE - 1, [HOUR, 4 * HOUR])).toEqual(at(DUE - 1));
    expect(at(DUE - 1, [])).toEqual([]);
    expect(at(DUE, [])).toMatchObject([{ state: 'overdue' }]);
  });

  it('has one for each deadline', () => {
    const both = { firstReply: new Date(DUE - 48 * HOUR), completion: new Date(DUE) };
    expect(remindersOf(both, REMIND, DUE - HOUR)).toMatchObject([
      { kind: 'first-reply', state: 'overdue' },
      { kind: 'completion', state: 'due-soon' },
    ]);
    expect(remindersOf({}, REMIND, DUE)).toEqual([]);
  });
});
