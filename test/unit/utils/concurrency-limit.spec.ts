import { describe, expect, it } from '@jest/globals';
import { ConcurrencyLimit } from '../../../lib/utils/concurrency-limit.js';
import { deferred } from '../../support/deferred.js';

describe('ConcurrencyLimit', () => {
  it('runs so many tasks at a time, and the others in order as places become free', async () => {
    const limit = new ConcurrencyLimit(2);
    const started: number[] = [];
    const gates = [0, 1, 2, 3].map(() => deferred<undefined>());
    const results = gates.map((gate, index) =>
      limit.run(async () => {
        started.push(index);
        await gate.promise;
        return index;
      }),
    );
    await Promise.resolve();
    expect(started).toEqual([0, 1]);

    gates[1]?.resolve(undefined);
    await results[1];
    expect(started).toEqual([0, 1, 2]);

    for (const gate of gates) gate.resolve(undefined);
    await expect(Promise.all(results)).resolves.toEqual([0, 1, 2, 3]);
    expect(started).toEqual([0, 1, 2, 3]);
  });

  it('gives the place of a task that failed to the next one', async () => {
    const limit = new ConcurrencyLimit(1);
    const failed = limit.run(() => Promise.reject(new Error('no')));
    const next = limit.run(() => Promise.resolve('next'));

    await expect(failed).rejects.toThrow('no');
    await expect(next).resolves.toBe('next');
    await expect(limit.run(() => Promise.resolve('later'))).resolves.toBe('later');
  });
});
