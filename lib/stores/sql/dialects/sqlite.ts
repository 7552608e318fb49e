import {
  columnsOf,
  type ComplaintStatements,
  type SqlDialect,
  type SqlStatement,
} from './dialect.js';
import { quoteTable, type TableName, type TableNames } from './table-name.js';

/** The days since 1970, as milliseconds. 'now' is constant within a statement. */
const NOW = "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)";

/** SQLite 3.35 or later, which has RETURNING. */
export function sqlite({ notifications, complaints }: TableNames): SqlDialect {
  const table = quoteTable(notifications);
  return {
    schema: `CREATE TABLE IF NOT EXISTS ${table} (
  mchid      TEXT    NOT NULL,
  id         TEXT    NOT NULL,
  token      TEXT    NOT NULL,
  done       INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (mchid, id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS ${indexOn(notifications)};
CREATE TABLE IF NOT EXISTS ${quoteTable(complaints)} (
  mchid                   TEXT    NOT NULL,
  id                      TEXT    NOT NULL,
  heard_at                INTEGER,
  complained_again_at     INTEGER,
  first_reply_reminded_at INTEGER,
  completion_reminded_at  INTEGER,
  seen                    TEXT,
  expires_at              INTEGER NOT NULL,
  PRIMARY KEY (mchid, id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS ${indexOn(complaints)};
`,
    claim: ({ mchid, id, token }, lease) => ({
      sql: `INSERT INTO ${table} AS held (mchid, id, token, done, expires_at)
VALUES (?, ?, ?, 0, ${NOW} + ?)
ON CONFLICT (mchid, id) DO UPDATE SET
  token = CASE WHEN held.expires_at <= ${NOW} THEN excluded.token ELSE held.token END,
  done = held.done AND held.expires_at > ${NOW},
  expires_at = CASE WHEN held.expires_at <= ${NOW} THEN excluded.expires_at ELSE held.expires_at END
RETURNING token, CASE WHEN done THEN 'done' ELSE 'claimed' END AS state`,
      parameters: [mchid, id, token, lease],
    }),
    renew: ({ mchid, id, token }, lease) => ({
      sql: `UPDATE ${table} SET expires_at = ${NOW} + ?
WHERE mchid = ? AND id = ? AND token = ? AND NOT done RETURNING 1 AS changed`,
      parameters: [lease, mchid, id, token],
    }),
    complete: ({ mchid, id, token }, retention) => ({
      sql: `UPDATE ${table} SET done = 1, expires_at = ${NOW} + ?
WHERE mchid = ? AND id = ? AND token = ? RETURNING 1 AS changed`,
      parameters: [retention, mchid, id, token],
    }),
    release: ({ mchid, id, token }) => ({
      sql: `DELETE FROM ${table}
WHERE mchid = ? AND id = ? AND token = ? AND NOT done RETURNING 1 AS changed`,
      parameters: [mchid, id, token],
    }),
    ping: { sql: `SELECT 1 AS reachable FROM ${table} LIMIT 1`, parameters: [] },
    removeExpired: (age, limit) => removeExpired(table, age, limit),
    complaints: complaintsIn(quoteTable(complaints)),
  };
}

function complaintsIn(table: string): ComplaintStatements {
  // max() is NULL if one of both is.
  const latest = (column: string): string =>
    `${column} = CASE WHEN known.expires_at > ${NOW}
    THEN COALESCE(max(known.${column}, excluded.${column}), known.${column}, excluded.${column})
    ELSE excluded.${column} END`;
  return {
    read: (mchid, ids) => ({
      sql: `SELECT id, heard_at, complained_again_at, first_reply_reminded_at, completion_reminded_at, seen
FROM ${table} WHERE mchid = ? AND id IN (${ids.map(() => '?').join(', ')}) AND expires_at > ${NOW}`,
      parameters: [mchid, ...ids],
    }),
    write: (row, retention) => ({
      sql: `INSERT INTO ${table} AS known (mchid, id, heard_at, complained_again_at,
  first_reply_reminded_at, completion_reminded_at, seen, expires_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ${NOW} + ?)
ON CONFLICT (mchid, id) DO UPDATE SET
  ${latest('heard_at')},
  ${latest('complained_again_at')},
  ${latest('first_reply_reminded_at')},
  ${latest('completion_reminded_at')},
  seen = COALESCE(excluded.seen, CASE WHEN known.expires_at > ${NOW} THEN known.seen END),
  expires_at = excluded.expires_at
RETURNING 1 AS changed`,
      parameters: [...columnsOf(row), retention],
    }),
    removeExpired: (limit) => removeExpired(table, 0, limit),
  };
}

function removeExpired(table: string, age: number, limit: number): SqlStatement {
  return {
    sql: `DELETE FROM ${table} WHERE (mchid, id) IN (
  SELECT mchid, id FROM ${table} WHERE expires_at <= ${NOW} - ? ORDER BY expires_at LIMIT ?
) RETURNING 1 AS changed`,
    parameters: [age, limit],
  };
}

/** The name of an index has the schema, and the table that it is on has none. */
function indexOn({ schema, name }: TableName): string {
  return `${quoteTable({ schema, name: `${name}_expires_at` })} ON "${name}" (expires_at)`;
}
