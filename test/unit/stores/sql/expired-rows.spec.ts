import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { ExpiredRows } from '../../../../lib/stores/sql/expired-rows.js';

describe('ExpiredRows', () => {
  it('removes after the first write, and then after every 32nd', async () => {
    let removals = 0;
    const rows = new ExpiredRows(() => Promise.resolve((removals += 1)));
    const seen: number[] = [];
    for (let count = 0; count < 66; count += 1) {
      rows.countWrite();
      await setImmediate();
      seen.push(removals);
    }
    expect([seen[0], seen[31], seen[32], seen[63], seen[64], seen[65]]).toEqual([1, 1, 2, 2, 3, 3]);
  });

  it('has one removal at a time, and goes on after one that failed', async () => {
    const failures: (() => void)[] = [];
    const rows = new ExpiredRows(
      () =>
        new Promise((_resolve, reject) => {
          failures.push(() => {
            reject(new Error('deadlock detected'));
          });
        }),
    );
    for (let count = 0; count < 64; count += 1) rows.countWrite();
    expect(failures).toHaveLength(1);
    failures[0]?.();
    await setImmediate();
    rows.countWrite();
    expect(failures).toHaveLength(2);
  });
});
