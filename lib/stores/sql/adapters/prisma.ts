import { isJsonObject } from '../../../utils/json.js';
import { returnsRows, type SqlDialectName, type SqlParameter } from '../dialects/dialect.js';
import type { SqlExecute } from '../sql-client.js';
import type { SqlNotificationStore } from '../sql-notification-store.js';
import { type SqlStoreSettings, storeOn, unknownTransaction } from './transaction-host.js';

/** The part of `PrismaClient` that the store uses. */
export interface PrismaClientLike extends PrismaTransaction {
  $transaction(
    run: (transaction: PrismaTransaction) => Promise<void>,
    options: { timeout: number; maxWait: number; isolationLevel?: 'ReadCommitted' },
  ): Promise<void>;
}

/** The part of `PrismaClient` and `Prisma.TransactionClient` that the store uses. */
export interface PrismaTransaction {
  $queryRawUnsafe(sql: string, ...parameters: SqlParameter[]): PromiseLike<unknown>;
  $executeRawUnsafe(sql: string, ...parameters: SqlParameter[]): PromiseLike<number>;
}

export interface PrismaStoreSettings extends SqlStoreSettings {
  /** The database: a client of Prisma does not tell. `'mysql'` stands for MariaDB as well. */
  readonly dialect: SqlDialectName;
}

/** Milliseconds. By default Prisma ends a transaction after 5 s; that of a handler may take its time. */
const TRANSACTION_TIMEOUT = 24 * 60 * 60 * 1000;

/**
 * Remembers notifications in the database of a `PrismaClient`. Handlers with `@InTransaction()` get
 * the `Prisma.TransactionClient`.
 */
export function prismaStore(
  prisma: PrismaClientLike,
  { dialect, ...settings }: PrismaStoreSettings,
): SqlNotificationStore {
  // SQLite has no other level than its own.
  const isolation = dialect === 'sqlite' ? {} : { isolationLevel: 'ReadCommitted' as const };
  const options = {
    timeout: TRANSACTION_TIMEOUT,
    maxWait: settings.commandTimeout ?? 1000,
    ...isolation,
  };
  return storeOn(
    {
      dialect,
      execute: executeWith(prisma),
      executeIn: (transaction) =>
        executeWith(
          isTransaction(transaction) ? transaction : unknownTransaction('client of Prisma'),
        ),
      transaction: (run) =>
        prisma.$transaction((transaction) => run(transaction, executeWith(transaction)), options),
    },
    settings,
  );
}

function executeWith(client: PrismaTransaction): SqlExecute {
  return async (sql, parameters) => {
    if (!returnsRows(sql)) {
      return { rows: [], affected: await client.$executeRawUnsafe(sql, ...parameters) };
    }
    const rows = await client.$queryRawUnsafe(sql, ...parameters);
    if (!Array.isArray(rows)) throw new TypeError('$queryRawUnsafe of Prisma returned no rows');
    return { rows, affected: 0 };
  };
}

function isTransaction(transaction: unknown): transaction is PrismaTransaction {
  return isJsonObject(transaction) && '$queryRawUnsafe' in transaction;
}
