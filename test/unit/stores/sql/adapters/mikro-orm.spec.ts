import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type EntityManager, EntitySchema, MikroORM } from '@mikro-orm/postgresql';
import { mikroOrmStore, schema, type SqlNotificationStore } from '../../../../../lib/stores/sql.js';
import { type PostgresServer, startPostgres } from '../../../../support/postgres-server.js';
import {
  behavesAsComplaintStore,
  behavesAsNotificationStore,
} from '../../notification-store.contract.js';
import { behavesInTransactions, EFFECTS } from '../transactions.contract.js';

interface Effect {
  readonly id: string;
}
const Effects = new EntitySchema<Effect>({
  name: 'Effect',
  tableName: 'effects',
  properties: { id: { type: 'string', primary: true } },
});

describe('mikroOrmStore', () => {
  let postgres: PostgresServer;
  let orm: MikroORM;
  let store: SqlNotificationStore;

  beforeAll(async () => {
    postgres = await startPostgres();
    orm = await MikroORM.init({
      clientUrl: postgres.url,
      entities: [Effects],
      pool: { min: 0, max: 20 },
    });
    const connection = orm.em.getConnection();
    await connection.execute(schema('postgres'));
    await connection.execute(EFFECTS);
    store = mikroOrmStore(orm, { commandTimeout: 10_000 });
  }, 60_000);
  afterAll(async () => {
    await orm.close();
    await postgres.server.remove();
  });

  describe('as a store', () => {
    behavesAsNotificationStore(() => store);
    behavesAsComplaintStore(() => store);
  });

  describe('with transactions', () => {
    behavesInTransactions(() => ({
      store,
      // Only persisted: the flush at the end of the transaction writes it.
      write: (manager, id) => {
        (manager as EntityManager).persist((manager as EntityManager).create(Effects, { id }));
        return Promise.resolve();
      },
      count: (id) => orm.em.fork().count(Effects, { id }),
    }));
  });

  it.each([
    ['MariaDbDriver', 'mysql'],
    ['MySqlDriver', 'mysql'],
    ['BetterSqliteDriver', 'sqlite'],
    ['LibSqlDriver', 'sqlite'],
  ])('takes %s for %s', (name) => {
    const driver = { constructor: { name } };
    const em = { fork: () => orm.em.fork(), getDriver: () => driver };
    expect(() => mikroOrmStore({ em })).not.toThrow();
  });

  it('asks for the database when the driver does not tell', () => {
    const em = { fork: () => orm.em.fork(), getDriver: () => ({}) };
    expect(() => mikroOrmStore({ em })).toThrow("mikroOrmStore(orm, { dialect: 'postgres' })");
    expect(() => mikroOrmStore({ em }, { dialect: 'postgres' })).not.toThrow();
  });
});
