import { describe, expect, it } from '@jest/globals';
import { MemoryNotificationStore } from 'nestjs-wechatpay-complaint';
import { CallQuota } from '../../../lib/reconciliation/call-quota.js';

const { signal } = new AbortController();

/** How many calls may be made before one has to wait. */
async function burst(...quotas: CallQuota[]): Promise<number> {
  let taken = 0;
  const aborter = new AbortController();
  const work = async (quota: CallQuota): Promise<void> => {
    for (;;) {
      await quota.take(aborter.signal);
      taken += 1;
    }
  };
  const works = Promise.allSettled(quotas.map(work));
  setTimeout(() => {
    aborter.abort();
  }, 50);
  await works;
  return taken;
}

describe('CallQuota', () => {
  it.each([
    [200, 9],
    [21, 1],
    [12, 1],
    [2, 1],
    [2400, 114],
  ])('of %d calls a minute gives %d to each slice', async (callsPerMinute, share) => {
    const quota = new CallQuota(new MemoryNotificationStore(), '1', 'list', callsPerMinute);
    // The burst may meet the border of two slices.
    expect([share, 2 * share]).toContain(await burst(quota));
  });

  it('is shared by all processes with the same store, and by nobody else', async () => {
    const store = new MemoryNotificationStore();
    const processes = Array.from({ length: 4 }, () => new CallQuota(store, '1', 'list', 200));
    expect([9, 18]).toContain(await burst(...processes));

    const others = [
      new CallQuota(store, '1', 'history', 200),
      new CallQuota(store, '2', 'list', 200),
    ];
    expect(await burst(...others)).toBeGreaterThanOrEqual(18);
  });

  it('goes on with the next slice', async () => {
    const quota = new CallQuota(new MemoryNotificationStore(), '1', 'list', 200);
    for (let count = 0; count < 19; count += 1) await quota.take(signal);
    await expect(quota.take(signal)).resolves.toBeUndefined();
  }, 30_000);

  it('rejects when the store fails, and when it is aborted', async () => {
    const store = new MemoryNotificationStore();
    store.claim = () => Promise.reject(new Error('the store is away'));
    const quota = new CallQuota(store, '1', 'list', 200);
    await expect(quota.take(signal)).rejects.toThrow('the store is away');
    await expect(quota.take(AbortSignal.abort(new Error('stop')))).rejects.toThrow('stop');
  });
});
