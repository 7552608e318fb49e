import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { sql } from 'drizzle-orm';
import { drizzle as drizzleOnMysql } from 'drizzle-orm/mysql2';
import { drizzle as drizzleOnPg } from 'drizzle-orm/node-postgres';
import { createPool, type Pool as MysqlPool } from 'mysql2/promise';
import { Pool } from 'pg';
import { drizzleStore, schema, type SqlNotificationStore } from '../../../../../lib/stores/sql.js';
import { type MariaDbServer, startMariaDb } from '../../../../support/mariadb-server.js';
import { type PostgresServer, startPostgres } from '../../../../support/postgres-server.js';
import {
  behavesAsComplaintStore,
  behavesAsNotificationStore,
  MINUTE,
  newKey,
} from '../../notification-store.contract.js';
import { behavesInTransactions, EFFECTS } from '../transactions.contract.js';

describe('drizzleStore', () => {
  describe('on PostgreSQL', () => {
    let postgres: PostgresServer;
    let pool: Pool;
    let store: SqlNotificationStore;

    beforeAll(async () => {
      postgres = await startPostgres();
      pool = new Pool({ connectionString: postgres.url, max: 20 });
      await pool.query(schema('postgres'));
      await pool.query(EFFECTS);
      store = drizzleStore(drizzleOnPg(pool), { commandTimeout: 10_000 });
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
        write: async (transaction, id) => {
          const tx = transaction as ReturnType<typeof drizzleOnPg>;
          await tx.execute(sql`INSERT INTO effects VALUES (${id})`);
        },
        count: async (id) =>
          (await pool.query('SELECT FROM effects WHERE id = $1', [id])).rowCount ?? 0,
      }));
    });

    it('names the error of the database, not the statement with its parameters', async () => {
      const missing = drizzleStore(drizzleOnPg(pool), { table: 'missing' });
      const key = newKey();
      const rejection: unknown = await missing.claim(key, MINUTE).catch((error: unknown) => error);
      expect(rejection).toMatchObject({
        message: expect.stringMatching(/relation "missing" does not exist.*migration/),
      });
      expect(String(rejection)).not.toContain(key.id);
    });
  });

  describe('on MySQL', () => {
    let mariadb: MariaDbServer;
    let pool: MysqlPool;
    let store: SqlNotificationStore;

    beforeAll(async () => {
      mariadb = await startMariaDb();
      pool = createPool({ uri: mariadb.url, connectionLimit: 20 });
      for (const statement of schema('mysql').split(';\n').filter(Boolean))
        await pool.query(statement);
      await pool.query(EFFECTS);
      store = drizzleStore(drizzleOnMysql({ client: pool }), { commandTimeout: 10_000 });
    }, 60_000);
    afterAll(async () => {
      await pool.end();
      await mariadb.server.remove();
    });

    describe('as a store', () => {
      behavesAsNotificationStore(() => store);
      behavesAsComplaintStore(() => store);
    });

    describe('with transactions', () => {
      behavesInTransactions(() => ({
        store,
        write: async (transaction, id) => {
          const tx = transaction as ReturnType<typeof drizzleOnMysql>;
          await tx.execute(sql`INSERT INTO effects VALUES (${id})`);
        },
        count: async (id) => {
          const [rows] = await pool.execute('SELECT id FROM effects WHERE id = ?', [id]);
          return Array.isArray(rows) ? rows.length : NaN;
        },
      }));
    });
  });

  it('asks for the database when the client does not tell', () => {
    const unknown = { execute: () => Promise.resolve([]), transaction: () => Promise.resolve() };
    expect(() => drizzleStore(unknown)).toThrow("drizzleStore(db, { dialect: 'postgres' })");
    expect(drizzleStore(unknown, { dialect: 'postgres' }).completeInTransaction).toBeDefined();
  });
});
