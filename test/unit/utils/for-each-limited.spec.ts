import { describe, expect, it } from '@jest/globals';
import { forEachLimited } from '../../../lib/utils/for-each-limited.js';
import { deferred } from '../../support/deferred.js';

describe('forEachLimited', () => {
  it('runs a task for every item, so many at a time', async () => {
    const done: number[] = [];
    let running = 0;
    let most = 0;
    await forEachLimited([1, 2, 3, 4, 5, 6, 7], 3, async (item) => {
      running += 1;
      most = Math.max(most, running);
      await Promise.resolve();
      running -= 1;
      done.push(item);
    });
    expect(done.sort()).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(most).toBe(3);
    await forEachLimited([], 3, () => Promise.reject(new Error('must not run')));
  });

  it('begins nothing after a failure, and waits for what runs', async () => {
    const gate = deferred<undefined>();
    const done: number[] = [];
    const all = forEachLimited([1, 2, 3, 4], 2, async (item) => {
      if (item === 1) throw new Error('no');
      await gate.promise;
      done.push(item);
    });
    gate.resolve(undefined);
    await expect(all).rejects.toThrow('no');
    expect(done).toEqual([2]);
  });
});
