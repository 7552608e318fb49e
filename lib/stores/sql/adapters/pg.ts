import { createHash } from 'node:crypto';
import { isJsonObject } from '../../../utils/json.js';
import type { SqlParameter } from '../dialects/dialect.js';
import type { SqlExecute, SqlTransaction } from '../sql-client.js';
import {
  SqlNotificationStore,
  type SqlNotificationStoreSettings,
} from '../sql-notification-store.js';
import { readResult } from './read-result.js';

/** The part of `Pool` of pg that the store uses. */
export interface PgPool {
  query(statement: PgStatement): Promise<unknown>;
  connect(): Promise<PgClient>;
}

export interface PgStatement {
  /** With a name, a connection of the pool plans the statement once. */
  name?: string;
  text: string;
  values: SqlParameter[];
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
    execute: preparedOn(pool),
    transaction: transactionsOf(pool),
  });
}

/**
 * Planning a claim takes longer than executing it, so the statements are prepared. Some poolers in
 * front of PostgreSQL give every statement another connection, which has not prepared it: from the
 * first error about that on, nothing is prepared.
 */
function preparedOn(pool: PgPool): SqlExecute {
  const names = new Map<string, string>();
  let isPrepared = true;
  return async (text, values) => {
    if (!isPrepared) return readResult(await pool.query({ text, values }));
    const name = names.get(text) ?? nameOf(text);
    names.set(text, name);
    try {
      return readResult(await pool.query({ name, text, values }));
    } catch (error) {
      if (!isAboutPreparation(error)) throw error;
      isPrepared = false;
      return readResult(await pool.query({ text, values }));
    }
  };
}

/** Unlike any other name of the app, and unlike that of the same statement on another table. */
function nameOf(sql: string): string {
  return `wechatpay-${createHash('sha256').update(sql).digest('hex').slice(0, 16)}`;
}

/** The statement is unknown to the connection, or was prepared there by another client. */
function isAboutPreparation(error: unknown): boolean {
  return isJsonObject(error) && (error.code === '26000' || error.code === '42P05');
}

/** In a transaction an error would end it, so nothing is prepared. */
function executeWith(client: PgClient): SqlExecute {
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
