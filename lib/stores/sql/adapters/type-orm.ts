import { isJsonObject } from '../../../utils/json.js';
import type { SqlDialectName, SqlParameter } from '../dialects/dialect.js';
import type { SqlExecute } from '../sql-client.js';
import type { SqlNotificationStore } from '../sql-notification-store.js';
import { readResult } from './read-result.js';
import { type SqlStoreSettings, storeOn, unknownTransaction } from './transaction-host.js';

/** The part of `DataSource` of TypeORM that the store uses. */
export interface TypeOrmDataSource extends TypeOrmManager {
  readonly options: { readonly type: string };
  transaction(
    isolation: 'READ COMMITTED',
    run: (manager: TypeOrmManager) => Promise<void>,
  ): Promise<void>;
}

/** The part of `DataSource` and `EntityManager` of TypeORM that the store uses. */
export interface TypeOrmManager {
  query(sql: string, parameters: SqlParameter[]): Promise<unknown>;
}

const DIALECTS: Readonly<Record<string, SqlDialectName>> = {
  postgres: 'postgres',
  'aurora-postgres': 'postgres',
  mysql: 'mysql',
  mariadb: 'mysql',
  'aurora-mysql': 'mysql',
  'better-sqlite3': 'sqlite',
  sqlite: 'sqlite',
};

/**
 * Remembers notifications in the database of a `DataSource` of TypeORM. Handlers with
 * `@InTransaction()` get the `EntityManager` of their transaction; on SQLite, where TypeORM has one
 * connection for everything, there are none.
 *
 * @throws TypeError for another database than PostgreSQL, MySQL, MariaDB and SQLite
 */
export function typeOrmStore(
  dataSource: TypeOrmDataSource,
  settings: SqlStoreSettings = {},
): SqlNotificationStore {
  const dialect = DIALECTS[dataSource.options.type];
  if (dialect === undefined) {
    throw new TypeError(
      `typeOrmStore does not know the database '${dataSource.options.type}'. ` +
        'Give a DataSource for PostgreSQL, MySQL, MariaDB or SQLite.',
    );
  }
  const client = {
    dialect,
    execute: executeWith(dataSource),
    executeIn: (transaction: unknown) =>
      executeWith(isManager(transaction) ? transaction : unknownTransaction('EntityManager')),
  };
  if (dialect === 'sqlite') return storeOn(client, settings);
  return storeOn(
    {
      ...client,
      transaction: (run) =>
        dataSource.transaction('READ COMMITTED', (manager) => run(manager, executeWith(manager))),
    },
    settings,
  );
}

function executeWith(manager: TypeOrmManager): SqlExecute {
  return async (sql, parameters) => readResult(await manager.query(sql, parameters));
}

function isManager(transaction: unknown): transaction is TypeOrmManager {
  return isJsonObject(transaction) && typeof transaction.query === 'function';
}
