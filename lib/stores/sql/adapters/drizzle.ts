import { isJsonObject } from '../../../utils/json.js';
import type { SqlDialectName, SqlParameter } from '../dialects/dialect.js';
import type { SqlExecute } from '../sql-client.js';
import type { SqlNotificationStore } from '../sql-notification-store.js';
import { readResult } from './read-result.js';
import { type SqlStoreSettings, storeOn, unknownTransaction } from './transaction-host.js';

/** The part of Drizzle's `SQL` that the store makes: a statement that is written already. */
export interface DrizzleSql {
  getSQL(): { toQuery(config: never): { sql: string; params: unknown[] } };
}

/** The part of a database, or a transaction, of Drizzle on PostgreSQL or MySQL that the store uses. */
export interface DrizzleExecutor {
  execute(query: DrizzleSql | string): PromiseLike<unknown>;
}

export interface DrizzleServerDatabase extends DrizzleExecutor {
  transaction(
    run: (transaction: DrizzleExecutor) => Promise<void>,
    config: { isolationLevel: 'read committed' },
  ): Promise<void>;
}

/** The part of a database of Drizzle on SQLite that the store uses. */
export interface DrizzleSqliteDatabase {
  all(query: DrizzleSql | string): unknown;
}

export interface DrizzleStoreSettings extends SqlStoreSettings {
  /** The database, where the class of the client does not tell. `'mysql'` stands for MariaDB as well. */
  readonly dialect?: SqlDialectName;
}

/** Where Drizzle keeps the name of a class, which minification does not change. */
const ENTITY_KIND = Symbol.for('drizzle:entityKind');

/**
 * Remembers notifications in the database of a client of Drizzle. Handlers with `@InTransaction()` get
 * Drizzle's transaction; on SQLite, where most drivers run a transaction without waiting, there are
 * none.
 *
 * @throws TypeError if it cannot tell the database
 */
export function drizzleStore(
  database: DrizzleServerDatabase | DrizzleSqliteDatabase,
  { dialect = dialectOf(database), ...settings }: DrizzleStoreSettings = {},
): SqlNotificationStore {
  const client = {
    dialect,
    executeIn: (transaction: unknown) =>
      executeWith(
        isExecutor(transaction) ? transaction : unknownTransaction('transaction of Drizzle'),
      ),
  };
  if ('all' in database) {
    const execute: SqlExecute = async (sql, parameters) =>
      readResult(await database.all(statement(sql, parameters)));
    return storeOn({ ...client, execute }, settings);
  }
  return storeOn(
    {
      ...client,
      execute: executeWith(database),
      transaction: (run) =>
        database.transaction((transaction) => run(transaction, executeWith(transaction)), {
          isolationLevel: 'read committed',
        }),
    },
    settings,
  );
}

function executeWith(database: DrizzleExecutor): SqlExecute {
  return async (sql, parameters) => readResult(await database.execute(statement(sql, parameters)));
}

function statement(sql: string, params: SqlParameter[]): DrizzleSql {
  return { getSQL: () => ({ toQuery: () => ({ sql, params }) }) };
}

/** @throws TypeError if it cannot tell the database */
function dialectOf(database: object): SqlDialectName {
  for (let owner: unknown = database.constructor; typeof owner === 'function';) {
    const kind: unknown = Reflect.get(owner, ENTITY_KIND);
    if (typeof kind === 'string') {
      if (kind.startsWith('Pg')) return 'postgres';
      if (kind.startsWith('MySql')) return 'mysql';
      if (kind.includes('SQLite')) return 'sqlite';
    }
    owner = Object.getPrototypeOf(owner);
  }
  throw new TypeError(
    "drizzleStore cannot tell the database of this client. Give it: drizzleStore(db, { dialect: 'postgres' }).",
  );
}

function isExecutor(transaction: unknown): transaction is DrizzleExecutor {
  return isJsonObject(transaction) && typeof transaction.execute === 'function';
}
