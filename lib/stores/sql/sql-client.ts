import type { SqlDialectName, SqlParameter, SqlResult } from './dialects/dialect.js';

/**
 * Runs one statement. The placeholders are those of the database: `$1` in order for PostgreSQL, `?` for
 * MySQL, MariaDB and SQLite. Rejects with whatever the driver rejects with.
 */
export type SqlExecute = (sql: string, parameters: SqlParameter[]) => Promise<SqlResult>;

/**
 * Opens a transaction, runs a function in it, and commits. When the function rejects, it rolls back and
 * rejects as well. `run` gets what the app's handlers are to write with, and a way to run a statement
 * inside of the transaction.
 */
export type SqlTransaction = (
  run: (transaction: unknown, execute: SqlExecute) => Promise<void>,
) => Promise<void>;

/** The app's database, as the store uses it. */
export interface SqlClient {
  /** `'mysql'` stands for MariaDB as well. */
  readonly dialect: SqlDialectName;
  readonly execute: SqlExecute;
  /** Needed for `@InTransaction()` only. */
  readonly transaction?: SqlTransaction;
}
