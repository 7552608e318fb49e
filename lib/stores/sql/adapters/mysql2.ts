import type { SqlParameter } from '../dialects/dialect.js';
import type { SqlExecute, SqlTransaction } from '../sql-client.js';
import {
  SqlNotificationStore,
  type SqlNotificationStoreSettings,
} from '../sql-notification-store.js';
import { readResult } from './read-result.js';

/** The part of `Pool` of mysql2/promise that the store uses. */
export interface Mysql2Pool {
  execute(sql: string, parameters: SqlParameter[]): Promise<unknown>;
  getConnection(): Promise<Mysql2Connection>;
}

/** The part of `PoolConnection` of mysql2/promise that the store uses. */
export interface Mysql2Connection {
  execute(sql: string, parameters: SqlParameter[]): Promise<unknown>;
  query(sql: string): Promise<unknown>;
  release(): void;
  destroy(): void;
}

/**
 * Remembers notifications in MySQL or MariaDB, through the app's pool of mysql2/promise. Handlers with
 * `@InTransaction()` get the `PoolConnection`.
 *
 * @throws TypeError for a pool with callbacks
 */
export function mysql2Store(
  pool: Mysql2Pool,
  settings: SqlNotificationStoreSettings = {},
): SqlNotificationStore {
  if ('promise' in pool) {
    throw new TypeError(
      "mysql2Store was given a pool of 'mysql2', which takes callbacks. Give pool.promise(), or create " +
        "the pool with 'mysql2/promise'.",
    );
  }
  return new SqlNotificationStore({
    ...settings,
    dialect: 'mysql',
    execute: executeWith(pool),
    transaction: transactionsOf(pool),
  });
}

function executeWith(client: Pick<Mysql2Pool, 'execute'>): SqlExecute {
  return async (sql, parameters) => readResult(await client.execute(sql, parameters));
}

function transactionsOf(pool: Mysql2Pool): SqlTransaction {
  return async (run) => {
    const connection = await pool.getConnection();
    let isBroken = true;
    try {
      // For the next transaction alone.
      await connection.query('SET TRANSACTION ISOLATION LEVEL READ COMMITTED');
      await connection.query('START TRANSACTION');
      try {
        await run(connection, executeWith(connection));
        await connection.query('COMMIT');
        isBroken = false;
      } catch (error) {
        isBroken = !(await rollBack(connection));
        throw error;
      }
    } finally {
      if (isBroken) connection.destroy();
      else connection.release();
    }
  };
}

/** @returns false if the connection is broken, which rolls back as well */
async function rollBack(connection: Mysql2Connection): Promise<boolean> {
  try {
    await connection.query('ROLLBACK');
    return true;
  } catch {
    return false;
  }
}
