import type { SqlDialect, SqlDialectName } from './dialects/dialect.js';
import { mysql } from './dialects/mysql.js';
import { postgres } from './dialects/postgres.js';
import { sqlite } from './dialects/sqlite.js';
import { DEFAULT_TABLE, parseTableName, type TableName } from './dialects/table-name.js';

const DIALECTS: Readonly<Record<SqlDialectName, (table: TableName) => SqlDialect>> = {
  postgres,
  mysql,
  sqlite,
};

/**
 * The statements of a dialect, on one table.
 *
 * @throws TypeError if there is no such dialect, or the table has no name of letters, digits and underscores
 */
export function dialectFor(dialect: SqlDialectName, table = DEFAULT_TABLE): SqlDialect {
  if (Object.hasOwn(DIALECTS, dialect)) return DIALECTS[dialect](parseTableName(table));
  throw new TypeError(
    "The dialect of the SQL notification store is not one of 'postgres', 'mysql' (MariaDB as well) and 'sqlite'.",
  );
}

/**
 * The DDL of the store's table, for a migration: nothing creates the table at run time. It has one
 * statement per `;`, and does nothing if the table exists.
 *
 * @param table as given to the store, by default `wechatpay_notification`
 * @throws TypeError if there is no such dialect, or the table has no name of letters, digits and underscores
 */
export function schema(dialect: SqlDialectName, table?: string): string {
  return dialectFor(dialect, table).schema;
}
