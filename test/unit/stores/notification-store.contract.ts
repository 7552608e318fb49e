import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { beforeAll, expect, it } from '@jest/globals';
import type {
  NotificationKey,
  NotificationStore,
} from '../../../lib/stores/notification-store.interface.js';

export const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** A notification that no test has used. */
export function newKey(mchid = '1900000109'): NotificationKey {
  return { mchid, id: `EV-${randomUUID()}` };
}

/** Claims what is free, and gives the token. */
export async function claimed(
  store: NotificationStore,
  key: NotificationKey,
  lease = MINUTE,
): Promise<string> {
  const claim = await store.claim(key, lease);
  if (claim.state !== 'claimed') throw new Error(`The notification is ${claim.state}.`);
  return claim.token;
}

/** A claim whose lease has ended: timers and clocks end it late at most. */
export async function lapsed(store: NotificationStore, key: NotificationKey): Promise<string> {
  const token = await claimed(store, key, 20);
  await delay(60);
  return token;
}

/** What holds for every store. To be called within a `describe`. */
export function behavesAsNotificationStore(open: () => NotificationStore): void {
  let store: NotificationStore;

  beforeAll(() => {
    store = open();
  });

  it('gives a new notification to the first who claims it, and to nobody else meanwhile', async () => {
    const key = newKey();
    await expect(store.claim(key, MINUTE)).resolves.toEqual({
      state: 'claimed',
      token: expect.stringMatching(/./),
    });
    await expect(store.claim(key, MINUTE)).resolves.toEqual({ state: 'in-progress' });
  });

  it('remembers what was completed', async () => {
    const key = newKey();
    const token = await claimed(store, key);
    await expect(store.complete(key, token, DAY)).resolves.toBe(true);
    await expect(store.claim(key, MINUTE)).resolves.toEqual({ state: 'done' });
  });

  it('is told twice of a completion without harm, as after an answer that was lost', async () => {
    const key = newKey();
    const token = await claimed(store, key);
    await store.complete(key, token, DAY);
    await expect(store.complete(key, token, DAY)).resolves.toBe(true);
    await expect(store.claim(key, MINUTE)).resolves.toEqual({ state: 'done' });
  });

  it('hands out again what was released', async () => {
    const key = newKey();
    await expect(store.release(key, await claimed(store, key))).resolves.toBe(true);
    await expect(store.claim(key, MINUTE)).resolves.toMatchObject({ state: 'claimed' });
  });

  it('hands out again what nobody finished in its lease', async () => {
    const key = newKey();
    const first = await lapsed(store, key);
    const second = await claimed(store, key);
    expect(second).not.toBe(first);
  });

  it('prolongs a lease', async () => {
    const key = newKey();
    const token = await claimed(store, key, 200);
    await expect(store.renew(key, token, MINUTE)).resolves.toBe(true);
    await delay(250);
    await expect(store.claim(key, MINUTE)).resolves.toEqual({ state: 'in-progress' });
  });

  it('shortens a lease, too', async () => {
    const key = newKey();
    await store.renew(key, await claimed(store, key), 20);
    await delay(60);
    await expect(store.claim(key, MINUTE)).resolves.toMatchObject({ state: 'claimed' });
  });

  it('forgets what was completed when its retention ends', async () => {
    const key = newKey();
    await store.complete(key, await claimed(store, key), 20);
    await delay(60);
    await expect(store.claim(key, MINUTE)).resolves.toMatchObject({ state: 'claimed' });
  });

  it('takes fractions, and what is below a millisecond, as short times', async () => {
    const key = newKey();
    const token = await claimed(store, key, 0.5);
    await store.complete(key, token, 0);
    await delay(60);
    await expect(store.claim(key, 60_000.5)).resolves.toMatchObject({ state: 'claimed' });
  });

  it('tells the merchants apart', async () => {
    const mine = newKey('1900000109');
    const theirs = { ...mine, mchid: '1900000110' };
    const token = await claimed(store, mine);
    await expect(store.claim(theirs, MINUTE)).resolves.toMatchObject({ state: 'claimed' });
    await store.complete(mine, token, DAY);
    await expect(store.claim(theirs, MINUTE)).resolves.toEqual({ state: 'in-progress' });
  });

  it('gives one notification to exactly one of 200 at the same moment', async () => {
    const key = newKey();
    const claims = await Promise.all(Array.from({ length: 200 }, () => store.claim(key, MINUTE)));
    const states = claims.map(({ state }) => state);
    expect(states.filter((state) => state === 'claimed')).toHaveLength(1);
    expect(states.filter((state) => state === 'in-progress')).toHaveLength(199);
  });

  it.each(['renew', 'complete', 'release'] as const)(
    'does not let the old owner %s what another has claimed',
    async (method) => {
      const key = newKey();
      const old = await lapsed(store, key);
      const current = await claimed(store, key);

      await expect(store[method](key, old, 1)).resolves.toBe(false);
      await delay(30);
      await expect(store.claim(key, MINUTE)).resolves.toEqual({ state: 'in-progress' });
      await expect(store.complete(key, current, DAY)).resolves.toBe(true);
    },
  );

  it.each(['renew', 'complete', 'release'] as const)(
    'does not let the old owner %s what another has completed',
    async (method) => {
      const key = newKey();
      const old = await lapsed(store, key);
      await store.complete(key, await claimed(store, key), DAY);

      await expect(store[method](key, old, 1)).resolves.toBe(false);
      await delay(30);
      await expect(store.claim(key, MINUTE)).resolves.toEqual({ state: 'done' });
    },
  );

  it.each(['renew', 'release'] as const)(
    'does not let its owner %s what it has completed',
    async (method) => {
      const key = newKey();
      const token = await claimed(store, key);
      await store.complete(key, token, DAY);
      await expect(store[method](key, token, 1)).resolves.toBe(false);
      await delay(30);
      await expect(store.claim(key, MINUTE)).resolves.toEqual({ state: 'done' });
    },
  );

  it('lets the owner of a lapsed lease go on, and finish, where nobody took its place', async () => {
    const key = newKey();
    const token = await lapsed(store, key);
    await expect(store.renew(key, token, MINUTE)).resolves.toBe(true);
    await expect(store.claim(key, MINUTE)).resolves.toEqual({ state: 'in-progress' });

    const other = newKey();
    await expect(store.complete(other, await lapsed(store, other), DAY)).resolves.toBe(true);
    await expect(store.claim(other, MINUTE)).resolves.toEqual({ state: 'done' });
  });

  it('has nothing against releasing what lapsed', async () => {
    const key = newKey();
    await expect(store.release(key, await lapsed(store, key))).resolves.toBe(true);
    await expect(store.claim(key, MINUTE)).resolves.toMatchObject({ state: 'claimed' });
  });
}
