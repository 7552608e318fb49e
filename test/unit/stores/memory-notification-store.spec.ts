import { execFile } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from '@jest/globals';
import { MemoryNotificationStore } from '../../../lib/stores/memory-notification-store.js';
import { NotificationStoreError } from '../../../lib/errors/notification-store.error.js';
import {
  behavesAsComplaintStore,
  behavesAsNotificationStore,
  claimed,
  expiredClaim,
  MINUTE,
  newKey,
} from './notification-store.contract.js';

const run = promisify(execFile);

/** Bytes in use on the heap and in buffers, after a garbage collection. */
function memory(): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc()');
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

const mebibytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(1);

describe('MemoryNotificationStore', () => {
  describe('as a store', () => {
    behavesAsNotificationStore(() => new MemoryNotificationStore());
    behavesAsComplaintStore(() => new MemoryNotificationStore());
  });

  it('keeps to its limit through a million notifications', async () => {
    const before = memory();
    const store = new MemoryNotificationStore();
    const handle = async (index: number): Promise<void> => {
      const key = { mchid: '1900000109', id: `EV-2018022511223320873-${index}` };
      await store.complete(key, await claimed(store, key), 8 * 24 * 60 * MINUTE);
    };
    for (let index = 0; index < 100_000; index++) await handle(index);
    const full = memory();
    const start = performance.now();
    for (let index = 100_000; index < 1_000_000; index++) await handle(index);
    const rate = Math.round(900_000 / ((performance.now() - start) / 1000));
    const after = memory();

    process.stdout.write(
      `MemoryNotificationStore: ${mebibytes(before)} MiB before, ${mebibytes(full)} with 100 000 entries, ` +
        `${mebibytes(after)} after 1 000 000; ${rate} claimed and completed per second\n`,
    );
    expect(after - full).toBeLessThan(5 * 2 ** 20);
    expect(after - before).toBeLessThan(60 * 2 ** 20);
    // Uses the store, so that it was not collected above.
    await expect(
      store.claim({ mchid: '1900000109', id: 'EV-2018022511223320873-999999' }, MINUTE),
    ).resolves.toEqual({ state: 'done' });
  }, 120_000);

  it('allocates no memory in advance', () => {
    const before = memory();
    const stores = Array.from(
      { length: 10 },
      () => new MemoryNotificationStore({ maxEntries: 1_000_000 }),
    );

    expect(memory() - before).toBeLessThan(2 ** 20);
    expect(stores).toHaveLength(10);
  });

  it('makes room when claims that nobody completed have expired', async () => {
    const store = new MemoryNotificationStore({ maxEntries: 100 });
    for (let index = 0; index < 100; index++) await store.claim(newKey(), 20);
    await delay(60);
    for (let index = 0; index < 100; index++) {
      await expect(store.claim(newKey(), MINUTE)).resolves.toMatchObject({ state: 'claimed' });
    }
  });

  it('forgets the notification that was used least recently, at its limit', async () => {
    const store = new MemoryNotificationStore({ maxEntries: 2 });
    const [first, second, third] = [newKey(), newKey(), newKey()];
    for (const key of [first, second]) await store.complete(key, await claimed(store, key), MINUTE);
    await expect(store.claim(first, MINUTE)).resolves.toEqual({ state: 'done' });

    await store.complete(third, await claimed(store, third), MINUTE);

    await expect(store.claim(first, MINUTE)).resolves.toEqual({ state: 'done' });
    await expect(store.claim(third, MINUTE)).resolves.toEqual({ state: 'done' });
    await expect(store.claim(second, MINUTE)).resolves.toMatchObject({ state: 'claimed' });
  });

  it('keeps a claim in progress while many others are completed', async () => {
    const store = new MemoryNotificationStore({ maxEntries: 10 });
    const key = newKey();
    const token = await claimed(store, key);
    for (let index = 0; index < 1000; index++) {
      const other = newKey();
      await store.complete(other, await claimed(store, other), MINUTE);
    }
    await expect(store.claim(key, MINUTE)).resolves.toEqual({ state: 'in-progress' });
    await expect(store.complete(key, token, MINUTE)).resolves.toBe(true);
    await expect(store.claim(key, MINUTE)).resolves.toEqual({ state: 'done' });
  });

  describe('when it is full of claims in progress', () => {
    it('rejects another claim, and keeps the others', async () => {
      const store = new MemoryNotificationStore({ maxEntries: 2 });
      const key = newKey();
      const token = await claimed(store, key);
      await claimed(store, newKey());
      const another = newKey();

      const rejected = store.claim(another, MINUTE);
      await expect(rejected).rejects.toBeInstanceOf(NotificationStoreError);
      await expect(rejected).rejects.toMatchObject({
        code: 'STORE_UNAVAILABLE',
        message: expect.stringContaining('raise maxEntries'),
      });

      await expect(store.claim(key, MINUTE)).resolves.toEqual({ state: 'in-progress' });
      await expect(store.renew(key, token, MINUTE)).resolves.toBe(true);
      await store.complete(key, token, MINUTE);
      await expect(store.claim(another, MINUTE)).resolves.toMatchObject({ state: 'claimed' });
    });

    it('makes room if any claim has expired', async () => {
      const store = new MemoryNotificationStore({ maxEntries: 2 });
      await claimed(store, newKey());
      await expiredClaim(store, newKey());
      await expect(store.claim(newKey(), MINUTE)).resolves.toMatchObject({ state: 'claimed' });
    });

    it('rejects the renewal of an expired claim', async () => {
      const store = new MemoryNotificationStore({ maxEntries: 1 });
      const key = newKey();
      const token = await expiredClaim(store, key);
      await claimed(store, newKey());
      await expect(store.renew(key, token, MINUTE)).rejects.toBeInstanceOf(NotificationStoreError);
    });
  });

  it('forgets the complaint that was used least recently, at its limit', async () => {
    const store = new MemoryNotificationStore({ maxEntries: 2 });
    for (const complaintId of ['1', '2', '3']) {
      await store.writeComplaint({ mchid: '1900000109', complaintId }, { heardAt: 1 }, MINUTE);
    }
    await expect(store.readComplaints('1900000109', ['1', '2', '3'])).resolves.toEqual([
      {},
      { heardAt: 1 },
      { heardAt: 1 },
    ]);
  });

  it.each([0, -1, 1.5, NaN, Infinity])('rejects %s as its limit', (maxEntries) => {
    expect(() => new MemoryNotificationStore({ maxEntries })).toThrow(RangeError);
  });

  it('does not keep a process alive', async () => {
    const script = `
      import { MemoryNotificationStore } from 'nestjs-wechatpay-complaint';
      const store = new MemoryNotificationStore();
      const key = { mchid: '1', id: '1' };
      const { token } = await store.claim(key, 3_600_000);
      await store.complete(key, token, 3_600_000);
      console.log(process.getActiveResourcesInfo().includes('Timeout'));`;
    const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', script], {
      timeout: 20_000,
    });
    expect(stdout.trim()).toBe('false');
  }, 30_000);
});
