import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { isJsonObject } from '../../utils/json.js';
import type {
  ComplaintKey,
  ComplaintRecord,
  NotificationClaim,
  NotificationKey,
  NotificationStore,
} from '../notification-store.interface.js';
import { CallLimiter } from './call-limiter.js';
import { columnsOfRecord, readRecords } from './complaint-records.js';
import {
  type ClaimRow,
  countOf,
  type SqlDialect,
  type SqlDialectName,
  type SqlResult,
  type SqlStatement,
} from './dialects/dialect.js';
import { parseTableNames, textOf } from './dialects/table-name.js';
import { ExpiredRows } from './expired-rows.js';
import { dialectFor } from './schema.js';
import type { SqlClient, SqlExecute } from './sql-client.js';
import { storeFailure } from './sql-failure.js';
import { runSqlTransaction } from './sql-transaction.js';

export interface SqlNotificationStoreSettings {
  /** Name of the table, with its schema or without. @default 'wechatpay_notification' */
  readonly table?: string;
  /**
   * Name of the table in which reconciliation remembers complaints, with its schema or without.
   * @default 'wechatpay_complaint', in the schema of `table`
   */
  readonly complaintTable?: string;
  /** Milliseconds for a call, including the wait for a connection. @default 1000 */
  readonly commandTimeout?: number;
}

export type SqlNotificationStoreOptions = SqlNotificationStoreSettings & SqlClient;

/** Attempts for one statement. A deadlock and a broken connection of the pool end with the next one. */
const ATTEMPTS = 3;
/** Milliseconds. */
const PAUSE = 20;
/** How many expired rows are removed at a time. */
const ROWS_PER_REMOVAL = 64;
/**
 * Milliseconds for which an expired row stays: a holder whose lease has lapsed, but has not been taken
 * over, may still complete. No handler is given a longer time (`handlerLimit`).
 */
const EXPIRED_ROWS_STAY = 24 * 60 * 60 * 1000;
/** The most complaints that are read at once. Fewer are read with the same statement, which is prepared. */
const COMPLAINTS_PER_READ = 50;

/**
 * Remembers notifications in a table of the app's own database, for any number of processes:
 * PostgreSQL, MySQL, MariaDB or SQLite. A claim, a renewal, a completion and a release are one
 * statement each, outside of any transaction, on the clock of the database. The app's client, pool and
 * ORM belong to the app: the store neither monitors nor closes them.
 *
 * A second table has what reconciliation remembers of complaints. The tables come from a migration of
 * the app: see `schema`.
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
  private readonly complaintTable: string;
  private readonly execute: SqlExecute;
  private readonly limiter: CallLimiter;
  private readonly expiredClaims: ExpiredRows;
  private readonly expiredComplaints: ExpiredRows;

  /** @throws TypeError, RangeError if an option is faulty */
  constructor(options: SqlNotificationStoreOptions) {
    const { dialect, execute, transaction, commandTimeout = 1000 } = options;
    assertOptions(options);
    const tables = parseTableNames(options.table, options.complaintTable);
    this.statements = dialectFor(dialect, tables);
    this.dialect = dialect;
    this.table = textOf(tables.notifications);
    this.complaintTable = textOf(tables.complaints);
    this.execute = execute;
    this.limiter = new CallLimiter(commandTimeout);
    const { statements } = this;
    this.expiredClaims = this.removing(
      statements.removeExpired(EXPIRED_ROWS_STAY, ROWS_PER_REMOVAL),
    );
    this.expiredComplaints = this.removing(statements.complaints.removeExpired(ROWS_PER_REMOVAL));
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
    this.expiredClaims.countWrite();
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

  async readComplaints(mchid: string, complaintIds: readonly string[]): Promise<ComplaintRecord[]> {
    if (complaintIds.length === 0) return [];
    const ids = complaintIds.map((id) => columnValue(id, MAX_ID_LENGTH));
    const merchant = columnValue(mchid, MAX_MCHID_LENGTH);
    const statement = this.statements.complaints.read(merchant, padded(ids));
    const records = await this.run(
      async () => readRecords(await this.send(statement)),
      undefined,
      this.complaintTable,
    );
    return ids.map((id) => records.get(id) ?? {});
  }

  async writeComplaint(
    { mchid, complaintId }: ComplaintKey,
    record: ComplaintRecord,
    retention: number,
  ): Promise<void> {
    const row = {
      mchid: columnValue(mchid, MAX_MCHID_LENGTH),
      id: columnValue(complaintId, MAX_ID_LENGTH),
      ...columnsOfRecord(record),
    };
    const statement = this.statements.complaints.write(row, milliseconds(retention));
    await this.run(() => this.send(statement), undefined, this.complaintTable);
    this.expiredComplaints.countWrite();
  }

  /** Rejects, too, when the table of notifications is missing. */
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
  private async run<T>(
    call: () => Promise<T>,
    onLate?: () => void,
    table = this.table,
  ): Promise<T> {
    try {
      return await this.limiter.run((isLate) => attempt(call, isLate), onLate);
    } catch (error) {
      throw storeFailure(error, this.dialect, table);
    }
  }

  private readonly toFailure = (error: unknown): Error =>
    storeFailure(error, this.dialect, this.table);

  private removing(statement: SqlStatement): ExpiredRows {
    return new ExpiredRows(() => this.limiter.run(() => this.send(statement)));
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

/** One statement reads a single complaint, and one every other number: clients keep what they have prepared. */
function padded(ids: readonly string[]): readonly string[] {
  const missing = ids.length === 1 ? 0 : Math.max(0, COMPLAINTS_PER_READ - ids.length);
  return [...ids, ...ids.slice(0, 1).flatMap((id) => Array.from({ length: missing }, () => id))];
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
