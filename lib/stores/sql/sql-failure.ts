import { NotificationStoreError } from '../../errors/notification-store.error.js';
import { errorMessage } from '../../utils/error-message.js';
import { isJsonObject } from '../../utils/json.js';
import { CallTimeout } from './call-limiter.js';
import type { SqlDialectName } from './dialects/dialect.js';

const DATABASES: Readonly<Record<SqlDialectName, string>> = {
  postgres: 'PostgreSQL',
  mysql: 'MySQL or MariaDB',
  sqlite: 'SQLite',
};
const MAX_REASON_LENGTH = 300;
/** As PostgreSQL, MySQL, MariaDB and SQLite say it. */
const MISSING_TABLE = /relation .* does not exist|Table .* doesn't exist|no such table/i;
const MISSING_COLUMN = /column .* does not exist|Unknown column|no such column/i;

/** Names what failed and what to do. Drops the driver's error, which may hold statements and logins. */
export function storeFailure(
  error: unknown,
  dialect: SqlDialectName,
  table: string,
): NotificationStoreError {
  const reason = reasonOf(error);
  const cause = new Error(reason);
  const code = codeOf(error);
  return new NotificationStoreError(
    `The notification store in ${DATABASES[dialect]} failed: ${reason}. ${adviceFor(reason, dialect, table)}`,
    code === undefined ? cause : Object.assign(cause, { code }),
  );
}

function adviceFor(reason: string, dialect: SqlDialectName, table: string): string {
  if (MISSING_TABLE.test(reason) || MISSING_COLUMN.test(reason)) {
    return (
      `Create the table ${table} by a migration with the statements of schema('${dialect}') from ` +
      "'nestjs-wechatpay-complaint/sql'."
    );
  }
  return (
    'Check that the database is running, that the pool of the app has free connections, and that its ' +
    `login may select, insert, update and delete in ${table}.`
  );
}

/** An ORM puts the statement into its message, and the driver's error into a property of its own. */
function reasonOf(error: unknown): string {
  const text = errorMessage(innermost(error)).replaceAll(/\s+/g, ' ').trim().replace(/\.$/, '');
  return text.length > MAX_REASON_LENGTH ? `${text.slice(0, MAX_REASON_LENGTH)}...` : text;
}

function codeOf(error: unknown): string | undefined {
  if (error instanceof CallTimeout) return 'TIMEOUT';
  const inner = innermost(error);
  return isJsonObject(inner) && typeof inner.code === 'string' ? inner.code : undefined;
}

/** `driverError` is TypeORM's; a chain that is longer than this is a circle. */
function innermost(error: unknown, depth = 0): unknown {
  if (!isJsonObject(error) || depth === 8) return error;
  const inner = error.driverError ?? error.cause;
  return isJsonObject(inner) && typeof inner.message === 'string'
    ? innermost(inner, depth + 1)
    : error;
}
