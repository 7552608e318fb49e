import type { SqlDialectName, SqlParameter } from '../dialects/dialect.js';
import type { SqlExecute } from '../sql-client.js';
import type { SqlNotificationStore } from '../sql-notification-store.js';
import { withQuestionMarks } from './question-marks.js';
import { readResult } from './read-result.js';
import { type SqlStoreSettings, storeOn, unknownTransaction } from './transaction-host.js';

/** The part of `Knex` that the store uses. */
export interface KnexClient extends KnexExecutor {
  /** Its `dialect` is `postgresql`, `mysql` or `sqlite3`. */
  readonly client: unknown;
  transaction(
    run: (transaction: KnexExecutor) => Promise<void>,
    config?: { isolationLevel: 'read committed' },
  ): PromiseLike<unknown>;
}

/** The part of `Knex` and `Knex.Transaction` that the store uses. */
export interface KnexExecutor {
  raw(sql: string, bindings: SqlParameter[]): PromiseLike<unknown>;
}

const DIALECTS: Readonly<Record<string, SqlDialectName>> = {
  postgresql: 'postgres',
  mysql: 'mysql',
  sqlite3: 'sqlite',
};

/**
 * Remembers notifications in the database of a client of Knex. Handlers with `@InTransaction()` get the
 * `Knex.Transaction`.
 *
 * @throws TypeError for another database than PostgreSQL, MySQL, MariaDB and SQLite
 */
export function knexStore(knex: KnexClient, settings: SqlStoreSettings = {}): SqlNotificationStore {
  const dialect = dialectOf(knex.client);
  // SQLite has no other level than its own.
  const config = dialect === 'sqlite' ? undefined : ({ isolationLevel: 'read committed' } as const);
  return storeOn(
    {
      dialect,
      execute: executeWith(knex),
      executeIn: (transaction) =>
        executeWith(isExecutor(transaction) ? transaction : unknownTransaction('Knex.Transaction')),
      transaction: async (run) => {
        await knex.transaction((transaction) => run(transaction, executeWith(transaction)), config);
      },
    },
    settings,
  );
}

function executeWith(knex: KnexExecutor): SqlExecute {
  return async (sql, parameters) => readResult(await knex.raw(withQuestionMarks(sql), parameters));
}

/** @throws TypeError for another database */
function dialectOf(client: unknown): SqlDialectName {
  const name: unknown =
    typeof client === 'object' && client !== null ? Reflect.get(client, 'dialect') : undefined;
  const dialect = typeof name === 'string' ? DIALECTS[name] : undefined;
  if (dialect !== undefined) return dialect;
  throw new TypeError(
    `knexStore does not know the database '${String(name)}'. Give a client for PostgreSQL, MySQL, MariaDB or SQLite.`,
  );
}

/** A transaction of Knex is a function with methods. */
function isExecutor(transaction: unknown): transaction is KnexExecutor {
  return typeof transaction === 'function' && 'raw' in transaction;
}
