import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import createKnex, { type Knex } from 'knex';
import { knexStore, schema, type SqlNotificationStore } from '../../../../../lib/stores/sql.js';
import { type MariaDbServer, startMariaDb } from '../../../../support/mariadb-server.js';
import { type PostgresServer, startPostgres } from '../../../../support/postgres-server.js';
import {
  behavesAsComplaintStore,
  behavesAsNotificationStore,
} from '../../notification-store.contract.js';
import { behavesInTransactions, EFFECTS } from '../transactions.contract.js';

describe('knexStore', () => {
  let servers: { pg: PostgresServer; mysql2: MariaDbServer };

  beforeAll(async () => {
    servers = { pg: await startPostgres(), mysql2: await startMariaDb() };
  }, 60_000);
  afterAll(async () => {
    for (const { server } of Object.values(servers)) await server.remove();
  });

  describe.each([
    ['pg', 'postgres'],
    ['mysql2', 'mysql'],
  ] as const)('with the client %s', (client, dialect) => {
    let knex: Knex;
    let store: SqlNotificationStore;

    beforeAll(async () => {
      knex = createKnex({ client, connection: servers[client].url, pool: { min: 0, max: 20 } });
      for (const statement of schema(dialect).split(';\n').filter(Boolean))
        await knex.raw(statement);
      await knex.raw(EFFECTS);
      store = knexStore(knex, { commandTimeout: 10_000 });
    });
    afterAll(() => knex.destroy());

    describe('as a store', () => {
      behavesAsNotificationStore(() => store);
      behavesAsComplaintStore(() => store);
    });

    describe('with transactions', () => {
      behavesInTransactions(() => ({
        store,
        write: async (transaction, id) => {
          await (transaction as Knex.Transaction)('effects').insert({ id });
        },
        count: async (id) => (await knex('effects').where({ id })).length,
      }));
    });
  });

  it('rejects a database that it does not know', () => {
    const on = (client: unknown) => () => knexStore({ client } as never);
    expect(on({ dialect: 'mssql' })).toThrow("the database 'mssql'");
    expect(on(null)).toThrow("the database 'undefined'");
  });
});
