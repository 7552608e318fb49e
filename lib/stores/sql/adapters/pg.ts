import type { SqlParameter } from '../dialects/dialect.js';
import type { SqlExecute, SqlTransaction } from '../sql-client.js';
import {
  SqlNotificationStore,
  type SqlNotificationStoreSettings,
} from '../sql-notification-store.js';
import { readResult } from './read-result.js';

/** The part of `Pool` of pg that the store uses. */
export interface PgPool {
  query(sql: string, parameters: SqlParameter[]): Promise<unknown>;
  connect(): Promise<PgClient>;
}

/** The part of `PoolClient` of pg that the store uses. */
export interface PgClient {
  query(sql: string, parameters?: SqlParameter[]): Promise<unknown>;
  on(event: 'error', listener: (error: Error) => void): unknown;
  off(event: 'error', listener: (error: Error) => void): unknown;
  /** With `true` the connection is closed instead of used again. */
  release(isBroken?: boolean): void;
}

/**
 * Remembers notifications in PostgreSQL, through the app's `Pool` of pg. Handlers with
 * `@InTransaction()` get the `PoolClient`.
 */
export function pgStore(
  pool: PgPool,
  settings: SqlNotificationStoreSettings = {},
): SqlNotificationStore {
  return new SqlNotificationStore({
    ...settings,
    dialect: 'postgres',
    execute: executeWith(pool),
    transaction: transactionsOf(pool),
  });
}

function executeWith(client: Pick<PgPool, 'query'>): SqlExecute {
  return async (sql, parameters) => readResult(await client.query(sql, parameters));
}

function transactionsOf(pool: PgPool): SqlTransaction {
  return async (run) => {
    const client = await pool.connect();
    // A connection that breaks between two statements says so here, and an event 'error' that nobody
    // listens to ends the process.
    client.on('error', ignore);
    let isBroken = true;
    try {
      await client.query('BEGIN ISOLATION LEVEL READ COMMITTED');
      try {
        await run(client, executeWith(client));
        await client.query('COMMIT');
        isBroken = false;
      } catch (error) {
        isBroken = !(await rollBack(client));
        throw error;
      }
    } finally {
      client.off('error', ignore);
      client.release(isBroken);
    }
  };
}

function ignore(): void {
  // The next statement on the connection rejects.
}

/** @returns false if the connection is broken, which rolls back as well */
async function rollBack(client: PgClient): Promise<boolean> {
  try {
    await client.query('ROLLBACK');
    return true;
  } catch {
    return false;
  }
}
