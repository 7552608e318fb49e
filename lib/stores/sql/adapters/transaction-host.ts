import type { SqlClient, SqlExecute } from '../sql-client.js';
import {
  SqlNotificationStore,
  type SqlNotificationStoreSettings,
} from '../sql-notification-store.js';

/** The part of `TransactionHost` of `@nestjs-cls/transactional` that the store uses. */
export interface TransactionHostLike {
  withTransaction(run: () => Promise<void>): Promise<void>;
  /** What the app writes with inside of a transaction. */
  readonly tx: unknown;
}

export interface SqlStoreSettings extends SqlNotificationStoreSettings {
  /**
   * `TransactionHost` of `@nestjs-cls/transactional`, on the same database. The transactions of
   * `@InTransaction()` are opened by it, so that repositories which use it take part.
   */
  readonly transactionHost?: TransactionHostLike;
}

/** What an adapter knows about a client. */
export interface AdaptedClient extends SqlClient {
  /** Runs statements inside of a transaction of this client. */
  readonly executeIn: (transaction: unknown) => SqlExecute;
}

/** Makes a store of a client, whose transactions are opened by the transaction host if there is one. */
export function storeOn(
  { dialect, execute, transaction, executeIn }: AdaptedClient,
  { transactionHost: host, ...settings }: SqlStoreSettings,
): SqlNotificationStore {
  return new SqlNotificationStore({
    ...settings,
    dialect,
    execute,
    transaction: host
      ? (run) => host.withTransaction(() => run(host.tx, executeIn(host.tx)))
      : transaction,
  });
}

/** @throws TypeError: the transaction host belongs to another client than the store */
export function unknownTransaction(expected: string): never {
  throw new TypeError(
    `The transaction host gave something else than the ${expected} of this store's client. ` +
      'Use the adapter of @nestjs-cls/transactional for the same client.',
  );
}
