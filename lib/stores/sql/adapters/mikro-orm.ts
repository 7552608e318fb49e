import { isJsonObject } from '../../../utils/json.js';
import { returnsRows, type SqlDialectName, type SqlParameter } from '../dialects/dialect.js';
import type { SqlExecute } from '../sql-client.js';
import type { SqlNotificationStore } from '../sql-notification-store.js';
import { withQuestionMarks } from './question-marks.js';
import { readResult } from './read-result.js';
import { type SqlStoreSettings, storeOn, unknownTransaction } from './transaction-host.js';

/** The part of `MikroORM` that the store uses. */
export interface MikroOrmLike {
  readonly em: { fork(): MikroOrmManager; getDriver(): object };
}

/** The part of a SQL `EntityManager` of MikroORM that the store uses. */
export interface MikroOrmManager {
  execute(sql: string, parameters: SqlParameter[], method: 'all' | 'run'): Promise<unknown>;
  flush(): Promise<void>;
  transactional(run: (manager: MikroOrmManager) => Promise<void>, options: object): Promise<void>;
}

export interface MikroOrmStoreSettings extends SqlStoreSettings {
  /** The database, where the class of the driver does not tell. `'mysql'` stands for MariaDB as well. */
  readonly dialect?: SqlDialectName;
}

/** How the names of the drivers' classes begin. */
const DRIVERS: readonly [name: RegExp, dialect: SqlDialectName][] = [
  [/^Postgre/, 'postgres'],
  [/^(MySql|MariaDb)/, 'mysql'],
  [/^(\w*Sqlite|LibSql)/, 'sqlite'],
];

/**
 * Remembers notifications in the database of MikroORM. Handlers with `@InTransaction()` get the
 * `EntityManager` of their transaction, which is flushed when the handler has ended.
 *
 * @throws TypeError if it cannot tell the database
 */
export function mikroOrmStore(
  orm: MikroOrmLike,
  { dialect = dialectOf(orm), ...settings }: MikroOrmStoreSettings = {},
): SqlNotificationStore {
  // SQLite has no other level than its own.
  const options = dialect === 'sqlite' ? {} : { isolationLevel: 'read committed' };
  return storeOn(
    {
      dialect,
      // A fork leaves the transactions of the app alone.
      execute: (sql, parameters) => executeWith(orm.em.fork())(sql, parameters),
      executeIn: (transaction) =>
        flushAndExecuteWith(
          isManager(transaction) ? transaction : unknownTransaction('EntityManager'),
        ),
      transaction: (run) =>
        orm.em
          .fork()
          .transactional((manager) => run(manager, flushAndExecuteWith(manager)), options),
    },
    settings,
  );
}

function executeWith(manager: MikroOrmManager): SqlExecute {
  return async (sql, parameters) => {
    const method = returnsRows(sql) ? 'all' : 'run';
    return readResult(await manager.execute(withQuestionMarks(sql), parameters, method));
  };
}

/** What the handler has persisted is written first, so that the completion is the last statement. */
function flushAndExecuteWith(manager: MikroOrmManager): SqlExecute {
  const execute = executeWith(manager);
  return async (sql, parameters) => {
    await manager.flush();
    return execute(sql, parameters);
  };
}

/** @throws TypeError if it cannot tell the database */
function dialectOf(orm: MikroOrmLike): SqlDialectName {
  const { name } = orm.em.getDriver().constructor;
  for (const [pattern, dialect] of DRIVERS) if (pattern.test(name)) return dialect;
  throw new TypeError(
    `mikroOrmStore cannot tell the database of ${name}. Give it: mikroOrmStore(orm, { dialect: 'postgres' }).`,
  );
}

function isManager(transaction: unknown): transaction is MikroOrmManager {
  return (
    isJsonObject(transaction) &&
    typeof transaction.execute === 'function' &&
    typeof transaction.flush === 'function'
  );
}
