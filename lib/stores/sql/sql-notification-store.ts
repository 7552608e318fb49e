import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { isJsonObject } from '../../utils/json.js';
import type {
  NotificationClaim,
  NotificationKey,
  NotificationStore,
} from '../notification-store.interface.js';
import { CallLimiter } from './call-limiter.js';
import {
  type ClaimRow,
  countOf,
  type SqlDialect,
  type SqlDialectName,
  type SqlResult,
  type SqlStatement,
} from './dialects/dialect.js';
import { DEFAULT_TABLE } from './dialects/table-name.js';
import { dialectFor } from './schema.js';
import type { SqlClient, SqlExecute } from './sql-client.js';
import { storeFailure } from './sql-failure.js';
import { runSqlTransaction } from './sql-transaction.js';

export interface SqlNotificationStoreSettings {
  /** Name of the table, with its schema or without. @default 'wechatpay_notification' */
  readonly table?: string;
  /** Milliseconds for a call, including the wait for a connection. @default 1000 */
  readonly commandTimeout?: number;
}

export type SqlNotificationStoreOptions = SqlNotificationStoreSettings & SqlClient;

/** Attempts for one statement. A deadlock and a broken connection of the pool end with the next one. */
const ATTEMPTS = 3;
/** Milliseconds. */
const PAUSE = 20;
/** Claims from one removal of expired rows to the next, and how many rows each removes. */
const CLAIMS_PER_REMOVAL = 32;
const ROWS_PER_REMOVAL = 64;
/**
 * Milliseconds for which an expired row stays: a holder whose lease has lapsed, but has not been taken
 * over, may still complete. No handler is given a longer time (`handlerLimit`).
 */
const EXPIRED_ROWS_STAY = 24 * 60 * 60 * 1000;

/**
 * Remembers notifications in a table of the app's own database, for any number of processes:
 * PostgreSQL, MySQL, MariaDB or SQLite. A claim, a renewal, a completion and a release are one
 * statement each, outside of any transaction, on the clock of the database. The app's client, pool and
 * ORM belong to the app: the store neither monitors nor closes them.
 *
 * The table comes from a migration of the app: see `schema`.
 *
 * A call without a response in time rejects, although the database may have executed it. If a claim
 * turns out to have succeeded, it is released when its response arrives; without a response it expires
 * with its lease. Until then redeliveries get `in-progress`.
 */
export class SqlNotificationStore implements NotificationStore {
  /**
   * Present if the options have a `transaction`.
   *
   * @see NotificationStore.completeInTransaction
   */
  readonly completeInTransaction?: NonNullable<NotificationStore['completeInTransaction']>;
  private readonly statements: SqlDialect;
  private readonly dialect: SqlDialectName;
  private readonly table: string;
  private readonly execute: SqlExecute;
  private readonly limiter: CallLimiter;
  private claims = 0;
  private isRemoving = false;

  /** @throws TypeError, RangeError if an option is faulty */
  constructor(options: SqlNotificationStoreOptions) {
    const { dialect, execute, transaction, table = DEFAULT_TABLE, commandTimeout = 1000 } = options;
    assertOptions(options);
    this.statements = dialectFor(dialect, table);
    this.dialect = dialect;
    this.table = table;
    this.execute = execute;
    this.limiter = new CallLimiter(commandTimeout);
    if (transaction) {
      this.completeInTransaction = (key, token, retention, run) => {
        const statement = this.statements.complete(rowOf(key, token), milliseconds(retention));
        return runSqlTransaction({
          transaction,
          complete: statement,
          run,
          commandTimeout,
          toFailure: this.toFailure,
        });
      };
    }
  }

  async claim(key: NotificationKey, lease: number): Promise<NotificationClaim> {
    const token = randomUUID();
    const row = rowOf(key, token);
    const held = await this.run(
      () => this.claimRow(row, milliseconds(lease)),
      () => {
        // Nobody waits for this claim any more, and the next redelivery need not wait for its lease to
        // expire. If this fails, it has to.
        this.release(key, token).catch(() => undefined);
      },
    );
    if (held.token !== token) return { state: held.isDone ? 'done' : 'in-progress' };
    this.removeExpired();
    return { state: 'claimed', token };
  }

  renew(key: NotificationKey, token: string, lease: number): Promise<boolean> {
    return this.change(this.statements.renew(rowOf(key, token), milliseconds(lease)));
  }

  complete(key: NotificationKey, token: string, retention: number): Promise<boolean> {
    return this.change(this.statements.complete(rowOf(key, token), milliseconds(retention)));
  }

  release(key: NotificationKey, token: string): Promise<boolean> {
    return this.change(this.statements.release(rowOf(key, token)));
  }

  /** Rejects, too, when the table is missing. */
  async ping(): Promise<void> {
    await this.run(() => this.send(this.statements.ping));
  }

  private async claimRow(row: ClaimRow, lease: number): Promise<Held> {
    const { statements } = this;
    const result = await this.send(statements.claim(row, lease));
    if (!statements.afterClaim) return readHeld(result);
    // One row was inserted. A row that was there counts as two, taken over or not.
    if (result.affected === 1) return { token: row.token, isDone: false };
    return readHeld(await this.send(statements.afterClaim(row)));
  }

  private change(statement: SqlStatement): Promise<boolean> {
    return this.run(async () => countOf(await this.send(statement)) > 0);
  }

  private send({ sql, parameters }: SqlStatement): Promise<SqlResult> {
    return this.execute(sql, [...parameters]);
  }

  /**
   * Runs a call within the time limit. Every statement of the store has the same effect when it is
   * executed twice, so it may be sent again after any error.
   *
   * @throws NotificationStoreError
   */
  private async run<T>(call: () => Promise<T>, onLate?: () => void): Promise<T> {
    try {
      return await this.limiter.run((isLate) => attempt(call, isLate), onLate);
    } catch (error) {
      throw this.toFailure(error);
    }
  }

  private readonly toFailure = (error: unknown): Error =>
    storeFailure(error, this.dialect, this.table);

  /** Never rejects: what could not be removed now is removed later. */
  private removeExpired(): void {
    const isDue = this.claims % CLAIMS_PER_REMOVAL === 0;
    this.claims += 1;
    if (!isDue || this.isRemoving) return;
    this.isRemoving = true;
    this.limiter
      .run(() => this.send(this.statements.removeExpired(EXPIRED_ROWS_STAY, ROWS_PER_REMOVAL)))
      .catch(() => undefined)
      .finally(() => {
        this.isRemoving = false;
      });
  }
}

/** Who holds a row. */
interface Held {
  readonly token: string;
  readonly isDone: boolean;
}

/** @throws Error if the row was deleted meanwhile, or the client returns something undocumented */
function readHeld({ rows }: SqlResult): Held {
  const [row] = rows;
  if (isJsonObject(row) && typeof row.token === 'string' && typeof row.state === 'string') {
    return { token: row.token, isDone: row.state === 'done' };
  }
  throw new Error('the claim returned no row with token and state');
}

async function attempt<T>(call: () => Promise<T>, isLate: () => boolean): Promise<T> {
  for (let attempts = 1; ; attempts += 1) {
    try {
      return await call();
    } catch (error) {
      if (attempts === ATTEMPTS || isLate()) throw error;
      // Those who met in a deadlock go on at different times.
      await delay(PAUSE * attempts * Math.random());
    }
  }
}

/** Merchant ids and ids of WeChat Pay, with the name of a listener behind them. */
const PLAIN = /^[\w.:@+/#-]+$/;
const MAX_MCHID_LENGTH = 128;
const MAX_ID_LENGTH = 256;

/** Columns hold a limited number of plain characters. Anything else is remembered by its digest. */
function rowOf({ mchid, id }: NotificationKey, token: string): ClaimRow {
  return {
    mchid: columnValue(mchid, MAX_MCHID_LENGTH),
    id: columnValue(id, MAX_ID_LENGTH),
    token,
  };
}

function columnValue(text: string, maxLength: number): string {
  return PLAIN.test(text) && text.length <= maxLength
    ? text
    : `sha256=${createHash('sha256').update(text).digest('hex')}`;
}

function milliseconds(value: number): number {
  return Math.max(1, Math.ceil(value));
}

/** A minute: WeChat Pay redelivers a notification that waits longer. */
const MAX_COMMAND_TIMEOUT = 60_000;

function assertOptions({
  execute,
  transaction,
  commandTimeout = 1,
}: SqlNotificationStoreOptions): void {
  if (typeof execute !== 'function') {
    throw new TypeError(
      'SqlNotificationStore needs execute, a function that runs one statement. For a known client or ' +
        'ORM take pgStore(pool), mysql2Store(pool), typeOrmStore(dataSource) and their like.',
    );
  }
  if (transaction !== undefined && typeof transaction !== 'function') {
    throw new TypeError('transaction of SqlNotificationStore is not a function.');
  }
  if (!(commandTimeout >= 1 && commandTimeout <= MAX_COMMAND_TIMEOUT)) {
    throw new RangeError(
      `commandTimeout of SqlNotificationStore is not from 1 to ${MAX_COMMAND_TIMEOUT}. ` +
        'Give milliseconds, well below the 5 s for which WeChat Pay waits.',
    );
  }
}
