import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createPool as createCallbackPool } from 'mysql2';
import { createPool, type Pool, type PoolConnection, type RowDataPacket } from 'mysql2/promise';
import { mysql2Store, schema, type SqlNotificationStore } from '../../../../../lib/stores/sql.js';
import { type MariaDbServer, startMariaDb } from '../../../../support/mariadb-server.js';
import {
  behavesAsComplaintStore,
  behavesAsNotificationStore,
  claimed,
  MINUTE,
  newKey,
} from '../../notification-store.contract.js';
import { behavesInTransactions, EFFECTS } from '../transactions.contract.js';

describe('mysql2Store', () => {
  let mariadb: MariaDbServer;
  let pool: Pool;
  let store: SqlNotificationStore;

  async function count(id: string): Promise<number> {
    const [rows] = await pool.execute<RowDataPacket[]>('SELECT id FROM effects WHERE id = ?', [id]);
    return rows.length;
  }

  beforeAll(async () => {
    mariadb = await startMariaDb();
    pool = createPool({ uri: mariadb.url, connectionLimit: 20 });
    for (const statement of schema('mysql').split(';\n').filter(Boolean))
      await pool.query(statement);
    await pool.query(EFFECTS);
    store = mysql2Store(pool, { commandTimeout: 10_000 });
  }, 60_000);
  afterAll(async () => {
    await pool.end();
    await mariadb.server.remove();
  });

  describe('as a store', () => {
    behavesAsNotificationStore(() => store);
    behavesAsComplaintStore(() => store);
  });

  describe('as a store, with a pool that counts the rows that were changed', () => {
    let other: Pool;
    behavesAsNotificationStore(() => {
      other = createPool({ uri: mariadb.url, connectionLimit: 20, flags: ['-FOUND_ROWS'] });
      return mysql2Store(other, { commandTimeout: 10_000 });
    });
    afterAll(() => other.end());
  });

  describe('with transactions', () => {
    behavesInTransactions(() => ({
      store,
      write: async (connection, id) => {
        await (connection as PoolConnection).execute('INSERT INTO effects VALUES (?)', [id]);
      },
      count,
    }));
  });

  it('gives every connection back', async () => {
    const small = createPool({ uri: mariadb.url, connectionLimit: 1 });
    const single = mysql2Store(small, { commandTimeout: 10_000 });
    for (let index = 0; index < 5; index += 1) {
      const key = newKey();
      const token = await claimed(single, key);
      const failing = index % 2 === 0 ? Promise.reject(new Error('no')) : Promise.resolve();
      await single
        .completeInTransaction?.(key, token, MINUTE, () => failing)
        .catch(() => undefined);
    }
    await expect(single.claim(newKey(), MINUTE)).resolves.toMatchObject({ state: 'claimed' });
    await small.end();
  });

  it('replaces a connection that breaks while a handler runs, and rolls back', async () => {
    const key = newKey();
    const token = await claimed(store, key);
    const failed = store.completeInTransaction?.(key, token, MINUTE, async (given) => {
      const connection = given as PoolConnection;
      await connection.execute('INSERT INTO effects VALUES (?)', [key.id]);
      await pool.query(`KILL ${connection.threadId}`);
    });
    await expect(failed).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    await expect(store.release(key, token)).resolves.toBe(true);
    await expect(count(key.id)).resolves.toBe(0);
  });

  it('rejects a pool with callbacks', async () => {
    const callbacks = createCallbackPool({ uri: mariadb.url });
    expect(() => mysql2Store(callbacks as never)).toThrow('Give pool.promise()');
    await callbacks.promise().end();
  });
});
