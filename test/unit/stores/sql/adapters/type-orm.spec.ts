import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Pool, type PoolClient, type QueryResult } from 'pg';
import {
  schema,
  type SqlNotificationStore,
  type TypeOrmManager,
  typeOrmStore,
} from '../../../../../lib/stores/sql.js';
import { type PostgresServer, startPostgres } from '../../../../support/postgres-server.js';
import {
  behavesAsComplaintStore,
  behavesAsNotificationStore,
} from '../../notification-store.contract.js';
import { behavesInTransactions, EFFECTS } from '../transactions.contract.js';

/** As TypeORM does it: rows, and for UPDATE and DELETE the count as well. */
function toTypeOrmResult({ command, rows, rowCount }: QueryResult): unknown {
  return command === 'UPDATE' || command === 'DELETE' ? [rows, rowCount] : rows;
}

/** Stands for a `DataSource` on PostgreSQL. TypeORM itself runs in test/compat. */
class StandInDataSource {
  readonly options = { type: 'postgres' };
  readonly isolations: string[] = [];

  constructor(private readonly pool: Pool) {}

  async query(sql: string, parameters: unknown[]): Promise<unknown> {
    return toTypeOrmResult(await this.pool.query(sql, parameters));
  }

  async transaction(isolation: string, run: (manager: TypeOrmManager) => Promise<void>) {
    this.isolations.push(isolation);
    const client: PoolClient = await this.pool.connect();
    try {
      await client.query('BEGIN');
      await run({
        query: async (sql, parameters) => toTypeOrmResult(await client.query(sql, parameters)),
      });
      await client.query('COMMIT');
    } catch (error) {
      await client.query('ROLLBACK');
      throw error;
    } finally {
      client.release();
    }
  }
}

describe('typeOrmStore', () => {
  let postgres: PostgresServer;
  let pool: Pool;
  let dataSource: StandInDataSource;
  let store: SqlNotificationStore;

  beforeAll(async () => {
    postgres = await startPostgres();
    pool = new Pool({ connectionString: postgres.url, max: 20 });
    await pool.query(schema('postgres'));
    await pool.query(EFFECTS);
    dataSource = new StandInDataSource(pool);
    store = typeOrmStore(dataSource, { commandTimeout: 10_000 });
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
      write: async (manager, id) => {
        await (manager as TypeOrmManager).query('INSERT INTO effects VALUES ($1)', [id]);
      },
      count: async (id) =>
        (await pool.query('SELECT FROM effects WHERE id = $1', [id])).rowCount ?? 0,
    }));
  });

  it('asks for a level that bears renewals of the row while the transaction is open', async () => {
    const key = { mchid: '1', id: '1' };
    await store.completeInTransaction?.(key, 'void', 1, () => Promise.resolve());
    expect(new Set(dataSource.isolations)).toEqual(new Set(['READ COMMITTED']));
  });

  it.each(['mysql', 'mariadb', 'aurora-mysql', 'aurora-postgres'])('knows %s', (type) => {
    const { completeInTransaction } = typeOrmStore(
      Object.assign(new StandInDataSource(pool), { options: { type } }),
    );
    expect(completeInTransaction).toBeDefined();
  });

  it.each(['better-sqlite3', 'sqlite'])(
    'has no transactions on %s, where TypeORM has one connection for everything',
    (type) => {
      const onSqlite = Object.assign(new StandInDataSource(pool), { options: { type } });
      expect(typeOrmStore(onSqlite).completeInTransaction).toBeUndefined();
    },
  );

  it('rejects a database that it does not know', () => {
    const other = Object.assign(new StandInDataSource(pool), { options: { type: 'oracle' } });
    expect(() => typeOrmStore(other)).toThrow("does not know the database 'oracle'");
  });
});
