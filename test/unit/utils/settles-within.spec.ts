import { describe, expect, it, jest } from '@jest/globals';
import { settlesWithin } from '../../../lib/utils/settles-within.js';
import { deferred } from '../../support/deferred.js';

/** Longer than any test may run. */
const LONG = 600_000;

describe('settlesWithin', () => {
  it('is true for a promise that is fulfilled in time', async () => {
    const { promise, resolve } = deferred<string>();
    const isInTime = settlesWithin(promise, LONG);
    resolve('done');

    await expect(isInTime).resolves.toBe(true);
  });

  it('is true for a promise that is rejected in time', async () => {
    await expect(settlesWithin(Promise.reject(new Error('broken')), LONG)).resolves.toBe(true);
  });

  it('is false for a promise that is still pending', async () => {
    await expect(settlesWithin(deferred<string>().promise, 10)).resolves.toBe(false);
  });

  it('clears its timer, which would otherwise keep the process alive', async () => {
    const clear = jest.spyOn(globalThis, 'clearTimeout');
    const set = jest.spyOn(globalThis, 'setTimeout');

    await settlesWithin(Promise.resolve(), LONG);

    expect(clear.mock.calls[0]?.[0]).toBe(set.mock.results[0]?.value);
  });
});
