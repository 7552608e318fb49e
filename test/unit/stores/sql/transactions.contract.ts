import { beforeAll, expect, it } from '@jest/globals';
import type { SqlNotificationStore } from '../../../../lib/stores/sql.js';
import { claimed, expiredClaim, MINUTE, newKey } from '../notification-store.contract.js';

/** A store, and what the app does in its database. */
export interface TransactionalStore {
  readonly store: SqlNotificationStore;
  /** Inserts a row with what the handler is given. */
  readonly write: (transaction: unknown, id: string) => Promise<void>;
  /** How many rows an id has, seen from outside of the transaction. */
  readonly count: (id: string) => Promise<number>;
  /** The database has one connection, so that nothing else runs while a transaction is open. */
  readonly hasOneConnection?: boolean;
}

/** The table that handlers write to. */
export const EFFECTS = 'CREATE TABLE effects (id VARCHAR(64) NOT NULL)';

/** Tests what every store with transactions promises. To be called within a `describe`. */
export function behavesInTransactions(open: () => TransactionalStore): void {
  let subject: TransactionalStore;
  let run: NonNullable<SqlNotificationStore['completeInTransaction']>;

  beforeAll(() => {
    subject = open();
    const { completeInTransaction } = subject.store;
    if (!completeInTransaction) throw new Error('The store has no transactions.');
    run = completeInTransaction;
  });

  it('commits what the handler has written together with the completion', async () => {
    const { store, write, count } = subject;
    const key = newKey();
    const token = await claimed(store, key);

    await expect(run(key, token, MINUTE, (tx) => write(tx, key.id))).resolves.toBe(true);

    await expect(count(key.id)).resolves.toBe(1);
    await expect(store.claim(key, MINUTE)).resolves.toEqual({ state: 'done' });
  });

  it('rolls back what a handler has written before it failed, and rejects with its error', async () => {
    const { store, write, count } = subject;
    const key = newKey();
    const token = await claimed(store, key);
    const failure = new Error('The handler failed.');

    await expect(
      run(key, token, MINUTE, async (tx) => {
        await write(tx, key.id);
        throw failure;
      }),
    ).rejects.toBe(failure);

    await expect(count(key.id)).resolves.toBe(0);
    await expect(store.release(key, token)).resolves.toBe(true);
    await expect(store.claim(key, MINUTE)).resolves.toMatchObject({ state: 'claimed' });
  });

  it('rolls back what a former holder has written, although its handler succeeded', async () => {
    const { store, write, count } = subject;
    const key = newKey();
    const old = await expiredClaim(store, key);
    const current = await claimed(store, key);

    await expect(run(key, old, MINUTE, (tx) => write(tx, key.id))).resolves.toBe(false);
    await expect(count(key.id)).resolves.toBe(0);

    await expect(run(key, current, MINUTE, (tx) => write(tx, key.id))).resolves.toBe(true);
    await expect(count(key.id)).resolves.toBe(1);
    await expect(run(key, old, MINUTE, (tx) => write(tx, key.id))).resolves.toBe(false);
    await expect(count(key.id)).resolves.toBe(1);
  });

  it('commits all or nothing when the handler goes on after a statement that failed', async () => {
    const { store, write, count } = subject;
    const key = newKey();
    const token = await claimed(store, key);

    const committed = await run(key, token, MINUTE, async (tx) => {
      await write(tx, key.id);
      await write(tx, 'x'.repeat(65)).catch(() => undefined);
    }).catch(() => false);

    // MySQL undoes the failed statement alone, and SQLite does not limit the length.
    await expect(count(key.id)).resolves.toBe(committed ? 1 : 0);
    await expect(store.claim(key, MINUTE)).resolves.toEqual({
      state: committed ? 'done' : 'in-progress',
    });
  });

  it('runs many handlers at a time, each in a transaction of its own', async () => {
    const { store, write, count } = subject;
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, async (_value, index) => {
        const key = newKey();
        const token = await claimed(store, key);
        const fails = index % 2 === 0;
        const committed = await run(key, token, MINUTE, async (tx) => {
          await write(tx, key.id);
          if (fails) throw new Error('The handler failed.');
        }).catch(() => false);
        return [committed, await count(key.id)] as const;
      }),
    );
    expect(outcomes).toEqual(
      outcomes.map((_outcome, index) => (index % 2 === 0 ? [false, 0] : [true, 1])),
    );
  });

  it('keeps claims and renewals out of the transaction', async () => {
    const { store, write, count, hasOneConnection } = subject;
    const key = newKey();
    const token = await claimed(store, key);
    const seen: unknown[] = [];

    const committed = await run(key, token, MINUTE, async (tx) => {
      await write(tx, key.id);
      const others = async (): Promise<void> => {
        seen.push(await store.renew(key, token, MINUTE), await store.claim(key, MINUTE));
      };
      if (hasOneConnection) void others();
      else await others();
    });

    expect(committed).toBe(true);
    await expect(count(key.id)).resolves.toBe(1);
    expect(seen).toEqual(hasOneConnection ? [] : [true, { state: 'in-progress' }]);
  });
}
