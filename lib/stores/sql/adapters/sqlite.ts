import type { SqlParameter } from '../dialects/dialect.js';
import type { SqlExecute } from '../sql-client.js';
import {
  SqlNotificationStore,
  type SqlNotificationStoreSettings,
} from '../sql-notification-store.js';

/** The part of `Database` of better-sqlite3 or libsql, and of `DatabaseSync` of node:sqlite, that the store uses. */
export interface SqliteDatabase {
  prepare(sql: string): SqliteStatement;
  exec(sql: string): unknown;
}

export interface SqliteStatement {
  all(...parameters: SqlParameter[]): unknown[];
}

/**
 * Remembers notifications in a file of SQLite, through better-sqlite3, libsql or node:sqlite. Handlers
 * with `@InTransaction()` get the database.
 *
 * Give the store a connection of its own if the app uses `@InTransaction()`: whatever else goes through
 * this one while a handler runs is part of its transaction. Handlers in a transaction run one after the
 * other, and other writes to the file wait for them, also those of other processes.
 */
export function sqliteStore(
  database: SqliteDatabase,
  settings: SqlNotificationStoreSettings = {},
): SqlNotificationStore {
  const turns = new Turns();
  const execute = executeWith(database);
  return new SqlNotificationStore({
    ...settings,
    dialect: 'sqlite',
    execute: (sql, parameters) => turns.take(() => execute(sql, parameters)),
    transaction: (run) => turns.take(() => transact(database, () => run(database, execute))),
  });
}

function executeWith(database: SqliteDatabase): SqlExecute {
  const statements = new Map<string, SqliteStatement>();
  // All statements of the dialect return rows. A promise in any case: the drivers throw.
  return (sql, parameters) =>
    new Promise((resolve) => {
      const statement = statements.get(sql) ?? database.prepare(sql);
      statements.set(sql, statement);
      resolve({ rows: statement.all(...parameters), affected: 0 });
    });
}

async function transact(database: SqliteDatabase, run: () => Promise<void>): Promise<void> {
  // A transaction that starts by reading could not write once somebody else has written.
  database.exec('BEGIN IMMEDIATE');
  try {
    await run();
    database.exec('COMMIT');
  } catch (error) {
    database.exec('ROLLBACK');
    throw error;
  }
}

/** One thing at a time: on the only connection everything else would join an open transaction. */
class Turns {
  private last: Promise<unknown> = Promise.resolve();

  take<T>(run: () => Promise<T>): Promise<T> {
    const turn = this.last.then(run);
    this.last = turn.catch(() => undefined);
    return turn;
  }
}
