export type SqlDialectName = 'postgres' | 'mysql' | 'sqlite';

/** A statement with its parameters in order. Each placeholder stands for one parameter. */
export interface SqlStatement {
  readonly sql: string;
  readonly parameters: readonly SqlParameter[];
}

export type SqlParameter = string | number | null;

/** What a statement did. */
export interface SqlResult {
  /** Of `SELECT`, and of statements with `RETURNING`. Otherwise empty. */
  readonly rows: readonly unknown[];
  /** How many rows were inserted, updated or deleted. Statements that return rows may leave it at 0. */
  readonly affected: number;
}

/** A row of the table, as a claim concerns it. */
export interface ClaimRow {
  readonly mchid: string;
  readonly id: string;
  readonly token: string;
}

/** A row of the table of complaints. Times are milliseconds since 1970, and null where there is none. */
export interface ComplaintRow {
  readonly mchid: string;
  readonly id: string;
  readonly heardAt: number | null;
  readonly complainedAgainAt: number | null;
  readonly firstReplyRemindedAt: number | null;
  readonly completionRemindedAt: number | null;
  readonly seen: string | null;
}

/** The statements on the table of complaints. */
export interface ComplaintStatements {
  /** Reads the rows of these ids that have not expired, with all columns but `mchid` and `expires_at`. */
  read(mchid: string, ids: readonly string[]): SqlStatement;
  /** Inserts the row, or merges it into what is there unless that has expired. */
  write(row: ComplaintRow, retention: number): SqlStatement;
  /** Deletes a few rows that have expired. */
  removeExpired(limit: number): SqlStatement;
}

/**
 * The statements of one kind of database. Times are milliseconds, counted on the clock of the
 * database: clocks of app servers differ.
 */
export interface SqlDialect {
  /** DDL of both tables, as it stands in a migration. */
  readonly schema: string;
  /** Inserts the row, or takes it over if it has expired. */
  claim(row: ClaimRow, lease: number): SqlStatement;
  /**
   * Reads `token` and `state`, if `claim` does not return them by itself.
   *
   * @returns undefined if `claim` returns them
   */
  afterClaim?(row: ClaimRow): SqlStatement;
  renew(row: ClaimRow, lease: number): SqlStatement;
  complete(row: ClaimRow, retention: number): SqlStatement;
  release(row: ClaimRow): SqlStatement;
  /** Reads from the table, and changes nothing. */
  readonly ping: SqlStatement;
  /** Deletes a few rows that expired `age` milliseconds ago or earlier. */
  removeExpired(age: number, limit: number): SqlStatement;
  readonly complaints: ComplaintStatements;
}

/** Whether a statement returns rows. */
export function returnsRows(sql: string): boolean {
  return /^SELECT\b|\bRETURNING\b/.test(sql);
}

/** How many rows a statement has returned or changed. */
export function countOf({ rows, affected }: SqlResult): number {
  return Math.max(rows.length, affected);
}

type ComplaintColumns = [mchid: string, id: string, ...values: (string | number | null)[]];

/** The values of a row, in the order in which the statements name its columns. */
export function columnsOf(row: ComplaintRow): ComplaintColumns {
  return [
    row.mchid,
    row.id,
    row.heardAt,
    row.complainedAgainAt,
    row.firstReplyRemindedAt,
    row.completionRemindedAt,
    row.seen,
  ];
}
