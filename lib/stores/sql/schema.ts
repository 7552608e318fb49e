import type { SqlDialect, SqlDialectName } from './dialects/dialect.js';
import { mysql } from './dialects/mysql.js';
import { postgres } from './dialects/postgres.js';
import { sqlite } from './dialects/sqlite.js';
import { parseTableNames, type TableNames } from './dialects/table-name.js';

const DIALECTS: Readonly<Record<SqlDialectName, (tables: TableNames) => SqlDialect>> = {
  postgres,
  mysql,
  sqlite,
};

/**
 * The statements of a dialect, on these tables.
 *
 * @throws TypeError if there is no such dialect, or a table has no name of letters, digits and underscores
 */
export function dialectFor(dialect: SqlDialectName, tables: TableNames): SqlDialect {
  if (Object.hasOwn(DIALECTS, dialect)) return DIALECTS[dialect](tables);
  throw new TypeError(
    "The dialect of the SQL notification store is not one of 'postgres', 'mysql' (MariaDB as well) and 'sqlite'.",
  );
}

/**
 * The DDL of the store's two tables, for a migration: nothing creates them at run time. It has one
 * statement per `;`, each of which does nothing if the table or the index exists. Clients of MySQL take
 * one statement at a time.
 *
 * @param table as given to the store, by default `wechatpay_notification`
 * @param complaintTable as given to the store, by default `wechatpay_complaint` in the schema of `table`
 * @throws TypeError if there is no such dialect, or a table has no name of letters, digits and underscores
 */
export function schema(dialect: SqlDialectName, table?: string, complaintTable?: string): string {
  return dialectFor(dialect, parseTableNames(table, complaintTable)).schema;
}
