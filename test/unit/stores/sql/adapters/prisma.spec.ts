import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Pool, type PoolClient } from 'pg';
import {
  prismaStore,
  type PrismaTransaction,
  schema,
  type SqlNotificationStore,
} from '../../../../../lib/stores/sql.js';
import { type PostgresServer, startPostgres } from '../../../../support/postgres-server.js';
import {
  behavesAsComplaintStore,
  behavesAsNotificationStore,
} from '../../notification-store.contract.js';
import { behavesInTransactions, EFFECTS } from '../transactions.contract.js';

function clientOn(target: Pick<Pool, 'query'>): PrismaTransaction {
  return {
    $queryRawUnsafe: async (sql, ...parameters) =>
      (await target.query<Record<string, unknown>>(sql, parameters)).rows,
    $executeRawUnsafe: async (sql, ...parameters) =>
      (await target.query(sql, parameters)).rowCount ?? 0,
  };
}

/** Stands for a `PrismaClient` on PostgreSQL. Prisma itself runs in test/compat. */
class StandInPrisma {
  readonly transactions: unknown[] = [];
  readonly $queryRawUnsafe: PrismaTransaction['$queryRawUnsafe'];
  readonly $executeRawUnsafe: PrismaTransaction['$executeRawUnsafe'];

  constructor(private readonly pool: Pool) {
    const client = clientOn(pool);
    this.$queryRawUnsafe = client.$queryRawUnsafe.bind(client);
    this.$executeRawUnsafe = client.$executeRawUnsafe.bind(client);
  }

  async $transaction(run: (client: PrismaTransaction) => Promise<void>, options: unknown) {
    this.transactions.push(options);
    const client: PoolClient = await this.pool.connect();
    try {
      await client.query('BEGIN');
      await run(clientOn(client));
      await client.query('COMMIT');
    } catch (error) {
      await client.query('ROLLBACK');
      throw error;
    } finally {
      client.release();
    }
  }
}

describe('prismaStore', () => {
  let postgres: PostgresServer;
  let pool: Pool;
  let prisma: StandInPrisma;
  let store: SqlNotificationStore;

  beforeAll(async () => {
    postgres = await startPostgres();
    pool = new Pool({ connectionString: postgres.url, max: 20 });
    await pool.query(schema('postgres'));
    await pool.query(EFFECTS);
    prisma = new StandInPrisma(pool);
    store = prismaStore(prisma, { dialect: 'postgres', commandTimeout: 10_000 });
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
        await (client as PrismaTransaction).$executeRawUnsafe(
          'INSERT INTO effects VALUES ($1)',
          id,
        );
      },
      count: async (id) =>
        (await pool.query('SELECT FROM effects WHERE id = $1', [id])).rowCount ?? 0,
    }));
  });

  it('gives a handler more time than Prisma does by default', async () => {
    const before = prisma.transactions.length;
    await store.completeInTransaction?.({ mchid: '1', id: '1' }, 'void', 1, () =>
      Promise.resolve(),
    );
    expect(prisma.transactions.slice(before)).toEqual([
      { timeout: 86_400_000, maxWait: 10_000, isolationLevel: 'ReadCommitted' },
    ]);
  });

  it('names no isolation level on SQLite, which has only one', async () => {
    const onSqlite = prismaStore(prisma, { dialect: 'sqlite' });
    const before = prisma.transactions.length;
    const run = () => Promise.reject(new Error('far enough'));
    const key = { mchid: '1', id: '1' };
    await expect(onSqlite.completeInTransaction?.(key, 'void', 1, run)).rejects.toThrow(
      'far enough',
    );
    expect(prisma.transactions.slice(before)).toEqual([{ timeout: 86_400_000, maxWait: 1000 }]);
  });

  it('does not take a count for rows', async () => {
    const odd = Object.assign(new StandInPrisma(pool), {
      $queryRawUnsafe: () => Promise.resolve(1),
    });
    const { claim } = { claim: prismaStore(odd, { dialect: 'postgres' }) };
    await expect(claim.claim({ mchid: '1', id: '1' }, 1000)).rejects.toThrow('returned no rows');
  });
});
