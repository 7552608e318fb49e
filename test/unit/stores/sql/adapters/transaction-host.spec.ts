import { AsyncLocalStorage } from 'node:async_hooks';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import createKnex, { type Knex } from 'knex';
import { knexStore, schema, type SqlNotificationStore } from '../../../../../lib/stores/sql.js';
import {
  storeOn,
  unknownTransaction,
} from '../../../../../lib/stores/sql/adapters/transaction-host.js';
import { type PostgresServer, startPostgres } from '../../../../support/postgres-server.js';
import { claimed, MINUTE, newKey } from '../../notification-store.contract.js';
import { behavesInTransactions, EFFECTS } from '../transactions.contract.js';

/** As `TransactionHost` of `@nestjs-cls/transactional`, which itself runs in test/compat. */
class StandInHost {
  private readonly storage = new AsyncLocalStorage<Knex>();

  constructor(private readonly knex: Knex) {}

  get tx(): Knex {
    return this.storage.getStore() ?? this.knex;
  }

  async withTransaction(run: () => Promise<void>): Promise<void> {
    await this.knex.transaction((transaction) => this.storage.run(transaction, run));
  }
}

describe('A store with a transaction host', () => {
  let postgres: PostgresServer;
  let knex: Knex;
  let host: StandInHost;
  let store: SqlNotificationStore;

  beforeAll(async () => {
    postgres = await startPostgres();
    knex = createKnex({ client: 'pg', connection: postgres.url, pool: { min: 0, max: 20 } });
    await knex.raw(schema('postgres'));
    await knex.raw(EFFECTS);
    host = new StandInHost(knex);
    store = knexStore(knex, { transactionHost: host, commandTimeout: 10_000 });
  }, 60_000);
  afterAll(async () => {
    await knex.destroy();
    await postgres.server.remove();
  });

  describe('with transactions', () => {
    behavesInTransactions(() => ({
      store,
      // As a repository that knows the host alone.
      write: async (_transaction, id) => {
        await host.tx('effects').insert({ id });
      },
      count: async (id) => (await knex('effects').where({ id })).length,
    }));
  });

  it('gives the handler the transaction of the host', async () => {
    const key = newKey();
    const token = await claimed(store, key);
    const seen: unknown[] = [];
    await store.completeInTransaction?.(key, token, MINUTE, (transaction) => {
      seen.push(transaction === host.tx, transaction === knex);
      return Promise.resolve();
    });
    expect(seen).toEqual([true, false]);
  });

  it('rolls back when the host belongs to another client', async () => {
    const foreign = knexStore(knex, {
      transactionHost: { tx: {}, withTransaction: (run) => run() },
      commandTimeout: 10_000,
    });
    const key = newKey();
    const token = await claimed(foreign, key);
    await expect(
      foreign.completeInTransaction?.(key, token, MINUTE, () => Promise.resolve()),
    ).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringContaining('something else than the Knex.Transaction'),
    });
  });
});

describe('storeOn', () => {
  it('has the transactions of the client without a host', () => {
    const client = {
      dialect: 'postgres',
      execute: () => Promise.resolve({ rows: [], affected: 0 }),
      executeIn: () => unknownTransaction('client'),
    } as const;
    expect(storeOn(client, {}).completeInTransaction).toBeUndefined();
    const transaction = () => Promise.resolve();
    expect(storeOn({ ...client, transaction }, {}).completeInTransaction).toBeDefined();
  });
});
