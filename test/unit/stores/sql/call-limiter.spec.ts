import { describe, expect, it } from '@jest/globals';
import { CallLimiter, CallTimeout } from '../../../../lib/stores/sql/call-limiter.js';
import { deferred } from '../../../support/deferred.js';

const never = (): Promise<never> => new Promise(() => undefined);

describe('CallLimiter', () => {
  it('passes on what a call resolves and rejects with in time', async () => {
    const limiter = new CallLimiter(10_000);
    const late: string[] = [];
    await expect(
      limiter.run(
        () => Promise.resolve(7),
        () => late.push('late'),
      ),
    ).resolves.toBe(7);
    const error = new Error('refused');
    await expect(
      limiter.run(
        () => Promise.reject(error),
        () => late.push('late'),
      ),
    ).rejects.toBe(error);
    expect(late).toEqual([]);
  });

  it('rejects a call that takes longer, and reports when it settles', async () => {
    const limiter = new CallLimiter(20);
    for (const outcome of ['fulfilled', 'rejected']) {
      const response = deferred<string>();
      const reported = deferred<string>();
      let isLate: () => boolean = () => false;
      const call = limiter.run(
        (ask) => {
          isLate = ask;
          return response.promise.then((late) =>
            outcome === 'fulfilled' ? late : Promise.reject(new Error(late)),
          );
        },
        () => {
          reported.resolve('reported');
        },
      );
      expect(isLate()).toBe(false);
      await expect(call).rejects.toThrow(new CallTimeout('no response within 20 ms'));
      expect(isLate()).toBe(true);
      response.resolve('late');
      await expect(reported.promise).resolves.toBe('reported');
    }
  });

  it('rejects at once while many calls are overdue, until they settle', async () => {
    const limiter = new CallLimiter(20);
    const response = deferred<string>();
    const calls = Array.from({ length: 64 }, () => limiter.run(() => response.promise));
    await Promise.allSettled(calls);

    const started: string[] = [];
    await expect(
      limiter.run(() => {
        started.push('call');
        return never();
      }),
    ).rejects.toThrow('64 earlier calls are still without a response');
    expect(started).toEqual([]);

    response.resolve('late');
    await response.promise;
    await expect(limiter.run(() => Promise.resolve('again'))).resolves.toBe('again');
  });
});
