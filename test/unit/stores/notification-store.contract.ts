import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { beforeAll, expect, it } from '@jest/globals';
import type { ComplaintStore } from '../../../lib/stores/complaint-store.js';
import type {
  ComplaintRecord,
  NotificationKey,
  NotificationStore,
} from '../../../lib/stores/notification-store.interface.js';

export const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** A notification that no other test uses. */
export function newKey(mchid = '1900000109'): NotificationKey {
  return { mchid, id: `EV-${randomUUID()}` };
}

/** Claims a notification that nobody holds, and returns the token. */
export async function claimed(
  store: NotificationStore,
  key: NotificationKey,
  lease = MINUTE,
): Promise<string> {
  const claim = await store.claim(key, lease);
  if (claim.state !== 'claimed') throw new Error(`The notification is ${claim.state}.`);
  return claim.token;
}

/** Claims a notification and waits until the lease has expired. */
export async function expiredClaim(
  store: NotificationStore,
  key: NotificationKey,
): Promise<string> {
  const token = await claimed(store, key, 20);
  await delay(60);
  return token;
}

/** Tests what every store promises. To be called within a `describe`. */
export function behavesAsNotificationStore(open: () => NotificationStore): void {
  let store: NotificationStore;

  beforeAll(() => {
    store = open();
  });

  it('gives a new notification to the first caller, and to nobody else meanwhile', async () => {
    const key = newKey();
    await expect(store.claim(key, MINUTE)).resolves.toEqual({
      state: 'claimed',
      token: expect.stringMatching(/./),
    });
    await expect(store.claim(key, MINUTE)).resolves.toEqual({ state: 'in-progress' });
  });

  it('can be reached', async () => {
    await expect(store.ping?.()).resolves.toBeUndefined();
  });

  it('remembers what was completed', async () => {
    const key = newKey();
    const token = await claimed(store, key);
    await expect(store.complete(key, token, DAY)).resolves.toBe(true);
    await expect(store.claim(key, MINUTE)).resolves.toEqual({ state: 'done' });
  });

  it('accepts a repeated completion, as after a response that was lost', async () => {
    const key = newKey();
    const token = await claimed(store, key);
    await store.complete(key, token, DAY);
    await expect(store.complete(key, token, DAY)).resolves.toBe(true);
    await expect(store.claim(key, MINUTE)).resolves.toEqual({ state: 'done' });
  });

  it('gives out a released notification again', async () => {
    const key = newKey();
    await expect(store.release(key, await claimed(store, key))).resolves.toBe(true);
    await expect(store.claim(key, MINUTE)).resolves.toMatchObject({ state: 'claimed' });
  });

  it('gives out a notification again when its lease has expired', async () => {
    const key = newKey();
    const first = await expiredClaim(store, key);
    const second = await claimed(store, key);
    expect(second).not.toBe(first);
  });

  it('extends a lease', async () => {
    const key = newKey();
    const token = await claimed(store, key, 200);
    await expect(store.renew(key, token, MINUTE)).resolves.toBe(true);
    await delay(250);
    await expect(store.claim(key, MINUTE)).resolves.toEqual({ state: 'in-progress' });
  });

  it('shortens a lease', async () => {
    const key = newKey();
    await store.renew(key, await claimed(store, key), 20);
    await delay(60);
    await expect(store.claim(key, MINUTE)).resolves.toMatchObject({ state: 'claimed' });
  });

  it('forgets a completed notification when its retention ends', async () => {
    const key = newKey();
    await store.complete(key, await claimed(store, key), 20);
    await delay(60);
    await expect(store.claim(key, MINUTE)).resolves.toMatchObject({ state: 'claimed' });
  });

  it('accepts fractions of a millisecond', async () => {
    const key = newKey();
    const token = await claimed(store, key, 0.5);
    await store.complete(key, token, 0);
    await delay(60);
    await expect(store.claim(key, 60_000.5)).resolves.toMatchObject({ state: 'claimed' });
  });

  it('tells merchants apart', async () => {
    const mine = newKey('1900000109');
    const theirs = { ...mine, mchid: '1900000110' };
    const token = await claimed(store, mine);
    await expect(store.claim(theirs, MINUTE)).resolves.toMatchObject({ state: 'claimed' });
    await store.complete(mine, token, DAY);
    await expect(store.claim(theirs, MINUTE)).resolves.toEqual({ state: 'in-progress' });
  });

  it('gives a notification to exactly one of 200 simultaneous callers', async () => {
    const key = newKey();
    const claims = await Promise.all(Array.from({ length: 200 }, () => store.claim(key, MINUTE)));
    const states = claims.map(({ state }) => state);
    expect(states.filter((state) => state === 'claimed')).toHaveLength(1);
    expect(states.filter((state) => state === 'in-progress')).toHaveLength(199);
  });

  it('gives every claim a token of its own', async () => {
    const [key, tokens] = [newKey(), new Set<string>()];
    for (let count = 0; count < 20; count += 1) {
      const token = await claimed(store, key);
      tokens.add(token);
      await store.release(key, token);
    }
    for (let count = 0; count < 20; count += 1) tokens.add(await claimed(store, newKey()));
    expect(tokens.size).toBe(40);
  });

  it('gives a new token after an expired lease and after an expired completion', async () => {
    const key = newKey();
    const first = await expiredClaim(store, key);
    const second = await claimed(store, key);
    await store.complete(key, second, 20);
    await delay(60);
    const third = await claimed(store, key);
    expect(new Set([first, second, third]).size).toBe(3);
  });

  it.each(['renew', 'complete', 'release'] as const)(
    'does not let the token of another notification %s a claim',
    async (method) => {
      const key = newKey();
      const token = await claimed(store, key);
      const foreign = await claimed(store, newKey());

      await expect(store[method](key, foreign, 1)).resolves.toBe(false);
      await delay(30);
      await expect(store.claim(key, MINUTE)).resolves.toEqual({ state: 'in-progress' });
      await expect(store.renew(key, token, MINUTE)).resolves.toBe(true);
    },
  );

  it.each(['renew', 'complete', 'release'] as const)(
    'does not let a former owner %s what it has released and somebody else has claimed',
    async (method) => {
      const key = newKey();
      const old = await claimed(store, key);
      await store.release(key, old);
      const current = await claimed(store, key);

      await expect(store[method](key, old, 1)).resolves.toBe(false);
      await delay(30);
      await expect(store.claim(key, MINUTE)).resolves.toEqual({ state: 'in-progress' });
      await expect(store.complete(key, current, DAY)).resolves.toBe(true);
    },
  );

  it('lets no write of a former owner through while the current owner works', async () => {
    const key = newKey();
    const old = await expiredClaim(store, key);
    const current = await claimed(store, key);

    const writes = await Promise.all(
      Array.from({ length: 50 }, () => [
        store.renew(key, old, 1),
        store.complete(key, old, 1),
        store.release(key, old),
        store.renew(key, current, MINUTE),
      ]).flat(),
    );

    expect(writes.filter((hasWritten) => hasWritten)).toHaveLength(50);
    await expect(store.complete(key, current, DAY)).resolves.toBe(true);
    await expect(store.claim(key, MINUTE)).resolves.toEqual({ state: 'done' });
  });

  it.each(['renew', 'complete', 'release'] as const)(
    'does not let a former owner %s what somebody else has claimed',
    async (method) => {
      const key = newKey();
      const old = await expiredClaim(store, key);
      const current = await claimed(store, key);

      await expect(store[method](key, old, 1)).resolves.toBe(false);
      await delay(30);
      await expect(store.claim(key, MINUTE)).resolves.toEqual({ state: 'in-progress' });
      await expect(store.complete(key, current, DAY)).resolves.toBe(true);
    },
  );

  it.each(['renew', 'complete', 'release'] as const)(
    'does not let a former owner %s what somebody else has completed',
    async (method) => {
      const key = newKey();
      const old = await expiredClaim(store, key);
      await store.complete(key, await claimed(store, key), DAY);

      await expect(store[method](key, old, 1)).resolves.toBe(false);
      await delay(30);
      await expect(store.claim(key, MINUTE)).resolves.toEqual({ state: 'done' });
    },
  );

  it.each(['renew', 'release'] as const)(
    'does not let the owner %s what it has completed',
    async (method) => {
      const key = newKey();
      const token = await claimed(store, key);
      await store.complete(key, token, DAY);
      await expect(store[method](key, token, 1)).resolves.toBe(false);
      await delay(30);
      await expect(store.claim(key, MINUTE)).resolves.toEqual({ state: 'done' });
    },
  );

  it('lets the owner of an expired lease continue and complete if nobody else has claimed', async () => {
    const key = newKey();
    const token = await expiredClaim(store, key);
    await expect(store.renew(key, token, MINUTE)).resolves.toBe(true);
    await expect(store.claim(key, MINUTE)).resolves.toEqual({ state: 'in-progress' });

    const other = newKey();
    await expect(store.complete(other, await expiredClaim(store, other), DAY)).resolves.toBe(true);
    await expect(store.claim(other, MINUTE)).resolves.toEqual({ state: 'done' });
  });

  it('lets the owner of an expired lease release it', async () => {
    const key = newKey();
    await expect(store.release(key, await expiredClaim(store, key))).resolves.toBe(true);
    await expect(store.claim(key, MINUTE)).resolves.toMatchObject({ state: 'claimed' });
  });
}

/** Tests what a store promises that remembers complaints. To be called within a `describe`. */
export function behavesAsComplaintStore(open: () => ComplaintStore): void {
  let store: ComplaintStore;

  beforeAll(() => {
    store = open();
  });

  it('knows nothing of a complaint that was never written', async () => {
    const { mchid, id } = newKey();
    await expect(store.readComplaints(mchid, [id])).resolves.toEqual([{}]);
    await expect(store.readComplaints(mchid, [])).resolves.toEqual([]);
  });

  it('reads complaints in the order in which they were asked for', async () => {
    const { mchid } = newKey();
    const ids = Array.from({ length: 50 }, () => newKey().id);
    const written = ids.filter((_, index) => index % 3 === 0);
    for (const [index, complaintId] of written.entries()) {
      await store.writeComplaint({ mchid, complaintId }, { heardAt: index + 1 }, DAY);
    }
    await expect(store.readComplaints(mchid, ids)).resolves.toEqual(
      ids.map((_, index) => (index % 3 === 0 ? { heardAt: index / 3 + 1 } : {})),
    );
  });

  it('keeps the latest of each time, and replaces what was seen', async () => {
    const { mchid, id: complaintId } = newKey();
    const write = (record: ComplaintRecord): Promise<void> =>
      store.writeComplaint({ mchid, complaintId }, record, DAY);
    const now = Date.now();
    await write({ heardAt: now, completionRemindedAt: now, seen: 'AbC-_09' });
    await write({ heardAt: now - 1, completionRemindedAt: now + 1, seen: undefined });
    await write({ heardAt: undefined, complainedAgainAt: 1, firstReplyRemindedAt: 2, seen: 'b' });

    await expect(store.readComplaints(mchid, [complaintId])).resolves.toEqual([
      {
        heardAt: now,
        complainedAgainAt: 1,
        firstReplyRemindedAt: 2,
        completionRemindedAt: now + 1,
        seen: 'b',
      },
    ]);
  });

  it('merges what is written to a complaint at the same time', async () => {
    const { mchid, id: complaintId } = newKey();
    const times = Array.from({ length: 100 }, (_, index) => (index * 37) % 100);
    await Promise.all(
      times.map((heardAt) => store.writeComplaint({ mchid, complaintId }, { heardAt }, DAY)),
    );
    await expect(store.readComplaints(mchid, [complaintId])).resolves.toEqual([{ heardAt: 99 }]);
  });

  it('forgets a complaint when its retention ends, which every write extends', async () => {
    const { mchid, id: complaintId } = newKey();
    const [kept, forgotten] = [
      { mchid, complaintId },
      { mchid, complaintId: newKey().id },
    ];
    // Long enough for the second write, on a busy machine.
    await store.writeComplaint(kept, { heardAt: 1 }, 1500);
    await store.writeComplaint(kept, { seen: 'a' }, DAY);
    await store.writeComplaint(forgotten, { heardAt: 1 }, 0.5);
    await delay(1600);
    await expect(
      store.readComplaints(mchid, [complaintId, forgotten.complaintId]),
    ).resolves.toEqual([{ heardAt: 1, seen: 'a' }, {}]);
  });

  it('tells complaints from notifications, and merchants apart', async () => {
    const key = newKey();
    await store.complete(key, await claimed(store, key), DAY);
    await store.writeComplaint({ mchid: key.mchid, complaintId: key.id }, { heardAt: 1 }, DAY);
    await expect(store.claim(key, MINUTE)).resolves.toEqual({ state: 'done' });
    await expect(store.readComplaints('1900000110', [key.id])).resolves.toEqual([{}]);
  });
}
