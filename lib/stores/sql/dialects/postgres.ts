import {
  columnsOf,
  type ComplaintStatements,
  type SqlDialect,
  type SqlStatement,
} from './dialect.js';
import { quoteTable, type TableNames } from './table-name.js';

/** Constant within a statement, unlike `clock_timestamp()`, and exact in a long transaction, unlike `now()`. */
const NOW = 'CAST(extract(epoch FROM statement_timestamp()) * 1000 AS bigint)';

/** PostgreSQL 9.5 or later. Every placeholder is used once and in order, as drivers that rewrite them need it. */
export function postgres({ notifications, complaints }: TableNames): SqlDialect {
  const table = quoteTable(notifications);
  return {
    schema: `CREATE TABLE IF NOT EXISTS ${table} (
  mchid      varchar(128) NOT NULL,
  id         varchar(256) NOT NULL,
  token      varchar(64)  NOT NULL,
  done       boolean      NOT NULL,
  expires_at bigint       NOT NULL,
  PRIMARY KEY (mchid, id)
);
CREATE INDEX IF NOT EXISTS "${notifications.name}_expires_at" ON ${table} (expires_at);
CREATE TABLE IF NOT EXISTS ${quoteTable(complaints)} (
  mchid                   varchar(128) NOT NULL,
  id                      varchar(256) NOT NULL,
  heard_at                bigint,
  complained_again_at     bigint,
  first_reply_reminded_at bigint,
  completion_reminded_at  bigint,
  seen                    varchar(64),
  expires_at              bigint       NOT NULL,
  PRIMARY KEY (mchid, id)
);
CREATE INDEX IF NOT EXISTS "${complaints.name}_expires_at" ON ${quoteTable(complaints)} (expires_at);
`,
    claim: ({ mchid, id, token }, lease) => ({
      sql: `INSERT INTO ${table} AS held (mchid, id, token, done, expires_at)
VALUES ($1, $2, $3, FALSE, ${NOW} + CAST($4 AS bigint))
ON CONFLICT (mchid, id) DO UPDATE SET
  token = CASE WHEN held.expires_at <= ${NOW} THEN excluded.token ELSE held.token END,
  done = held.done AND held.expires_at > ${NOW},
  expires_at = CASE WHEN held.expires_at <= ${NOW} THEN excluded.expires_at ELSE held.expires_at END
RETURNING token, CASE WHEN done THEN 'done' ELSE 'claimed' END AS state`,
      parameters: [mchid, id, token, lease],
    }),
    renew: ({ mchid, id, token }, lease) => ({
      sql: `UPDATE ${table} SET expires_at = ${NOW} + CAST($1 AS bigint)
WHERE mchid = $2 AND id = $3 AND token = $4 AND NOT done RETURNING 1 AS changed`,
      parameters: [lease, mchid, id, token],
    }),
    complete: ({ mchid, id, token }, retention) => ({
      sql: `UPDATE ${table} SET done = TRUE, expires_at = ${NOW} + CAST($1 AS bigint)
WHERE mchid = $2 AND id = $3 AND token = $4 RETURNING 1 AS changed`,
      parameters: [retention, mchid, id, token],
    }),
    release: ({ mchid, id, token }) => ({
      sql: `DELETE FROM ${table}
WHERE mchid = $1 AND id = $2 AND token = $3 AND NOT done RETURNING 1 AS changed`,
      parameters: [mchid, id, token],
    }),
    ping: { sql: `SELECT 1 AS reachable FROM ${table} LIMIT 1`, parameters: [] },
    removeExpired: (age, limit) => removeExpired(table, age, limit),
    complaints: complaintsIn(quoteTable(complaints)),
  };
}

function complaintsIn(table: string): ComplaintStatements {
  const latest = (column: string): string =>
    `${column} = GREATEST(CASE WHEN known.expires_at > ${NOW} THEN known.${column} END, excluded.${column})`;
  return {
    read: (mchid, ids) => ({
      sql: `SELECT id, heard_at, complained_again_at, first_reply_reminded_at, completion_reminded_at, seen
FROM ${table} WHERE mchid = $1 AND id IN (${ids.map((_, index) => `$${index + 2}`).join(', ')}) AND expires_at > ${NOW}`,
      parameters: [mchid, ...ids],
    }),
    write: (row, retention) => ({
      sql: `INSERT INTO ${table} AS known (mchid, id, heard_at, complained_again_at,
  first_reply_reminded_at, completion_reminded_at, seen, expires_at)
VALUES ($1, $2, CAST($3 AS bigint), CAST($4 AS bigint),
  CAST($5 AS bigint), CAST($6 AS bigint), CAST($7 AS varchar), ${NOW} + CAST($8 AS bigint))
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

/** Rows that somebody else is working on are left for the next time. */
function removeExpired(table: string, age: number, limit: number): SqlStatement {
  return {
    sql: `DELETE FROM ${table} WHERE (mchid, id) IN (
  SELECT mchid, id FROM ${table} WHERE expires_at <= ${NOW} - CAST($1 AS bigint)
  ORDER BY expires_at LIMIT CAST($2 AS bigint) FOR UPDATE SKIP LOCKED
) RETURNING 1 AS changed`,
    parameters: [age, limit],
  };
}
