import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Pool } from 'pg';
import {
  pgStore,
  type PgPool,
  type PgStatement,
  schema,
  type SqlNotificationStore,
} from '../../../../../lib/stores/sql.js';
import { type PostgresServer, startPostgres } from '../../../../support/postgres-server.js';
import { until } from '../../../../support/until.js';
import {
  behavesAsComplaintStore,
  behavesAsNotificationStore,
  claimed,
  MINUTE,
  newKey,
} from '../../notification-store.contract.js';
import { behavesInTransactions, EFFECTS } from '../transactions.contract.js';

describe('pgStore', () => {
  let postgres: PostgresServer;
  let pool: Pool;
  let store: SqlNotificationStore;

  beforeAll(async () => {
    postgres = await startPostgres();
    pool = new Pool({ connectionString: postgres.url, max: 20 });
    await pool.query(schema('postgres'));
    await pool.query(EFFECTS);
    store = pgStore(pool, { commandTimeout: 10_000 });
  }, 60_000);
  afterAll(async () => {
    await pool.end();
    await postgres.server.remove();
  });

  describe('as a store', () => {
    behavesAsNotificationStore(() => store);
    behavesAsComplaintStore(() => store);
  });

  describe('with transactions', () => {
    behavesInTransactions(() => ({
      store,
      write: async (client, id) => {
        await (client as Pool).query('INSERT INTO effects VALUES ($1)', [id]);
      },
      count: async (id) =>
        (await pool.query('SELECT FROM effects WHERE id = $1', [id])).rowCount ?? 0,
    }));
  });

  it('gives every connection back', async () => {
    const small = new Pool({ connectionString: postgres.url, max: 1 });
    const single = pgStore(small, { commandTimeout: 10_000 });
    for (let count = 0; count < 5; count += 1) {
      const key = newKey();
      const token = await claimed(single, key);
      const failing = count % 2 === 0 ? Promise.reject(new Error('no')) : Promise.resolve();
      await single
        .completeInTransaction?.(key, token, MINUTE, () => failing)
        .catch(() => undefined);
    }
    expect([small.totalCount, small.idleCount, small.waitingCount]).toEqual([1, 1, 0]);
    await small.end();
  });

  it('prepares its statements, and stops when a pooler does not keep them', async () => {
    const statements: PgStatement[] = [];
    const pooler: PgPool = {
      connect: () => pool.connect(),
      query: (statement) => {
        statements.push(statement);
        const error = new Error('prepared statement "wechatpay-1" does not exist');
        return statement.name !== undefined && statements.length > 2
          ? Promise.reject(Object.assign(error, { code: '26000' }))
          : pool.query(statement);
      },
    };
    const other = pgStore(pooler, { commandTimeout: 10_000 });
    const key = newKey();
    const token = await claimed(other, key);
    await until(() => statements.length === 2);
    await expect(other.renew(key, token, MINUTE)).resolves.toBe(true);
    await expect(other.complete(key, token, MINUTE)).resolves.toBe(true);
    const names = statements.map(({ name }) => name?.replace(/[0-9a-f]{16}$/, '<digest>'));
    const prepared = 'wechatpay-<digest>';
    expect(names).toEqual([prepared, prepared, prepared, undefined, undefined]);
    expect(new Set(statements.slice(0, 3).map(({ name }) => name)).size).toBe(3);
  });

  it('replaces a connection that breaks while a handler runs, and rolls back', async () => {
    const key = newKey();
    const token = await claimed(store, key);
    const failed = store.completeInTransaction?.(key, token, MINUTE, async (client) => {
      const { rows } = await (client as Pool).query<{ pid: number }>(
        'SELECT pg_backend_pid() AS pid',
      );
      await (client as Pool).query('INSERT INTO effects VALUES ($1)', [key.id]);
      await pool.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid]);
    });
    await expect(failed).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    await expect(store.release(key, token)).resolves.toBe(true);
    await expect(pool.query('SELECT FROM effects WHERE id = $1', [key.id])).resolves.toMatchObject({
      rowCount: 0,
    });
  });
});
