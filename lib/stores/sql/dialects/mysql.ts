import {
  columnsOf,
  type ComplaintStatements,
  type SqlDialect,
  type SqlStatement,
} from './dialect.js';
import type { TableName, TableNames } from './table-name.js';

/** Constant within a statement, unlike SYSDATE(), and the same in every time zone. */
const NOW = "(TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(3)) DIV 1000)";

/**
 * MySQL 8 and MariaDB 10.6 or later. `claims` grows with every write: clients count the rows that
 * were found or those that were changed, depending on their settings, and so the two agree.
 */
export function mysql({ notifications, complaints }: TableNames): SqlDialect {
  const table = quote(notifications);
  return {
    schema: `CREATE TABLE IF NOT EXISTS ${table} (
  mchid      VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  id         VARCHAR(256) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  token      VARCHAR(64)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  done       BOOLEAN      NOT NULL,
  expires_at BIGINT       NOT NULL,
  claims     INT UNSIGNED NOT NULL DEFAULT 0,
  PRIMARY KEY (mchid, id),
  KEY \`${notifications.name}_expires_at\` (expires_at)
) ENGINE = InnoDB;
CREATE TABLE IF NOT EXISTS ${quote(complaints)} (
  mchid                   VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  id                      VARCHAR(256) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  heard_at                BIGINT       NULL,
  complained_again_at     BIGINT       NULL,
  first_reply_reminded_at BIGINT       NULL,
  completion_reminded_at  BIGINT       NULL,
  seen                    VARCHAR(64)  CHARACTER SET ascii COLLATE ascii_bin NULL,
  expires_at              BIGINT       NOT NULL,
  PRIMARY KEY (mchid, id),
  KEY \`${complaints.name}_expires_at\` (expires_at)
) ENGINE = InnoDB;
`,
    // Assignments are made from left to right, so expires_at comes last.
    claim: ({ mchid, id, token }, lease) => ({
      sql: `INSERT INTO ${table} (mchid, id, token, done, expires_at) VALUES (?, ?, ?, 0, ${NOW} + ?)
ON DUPLICATE KEY UPDATE claims = claims + 1,
  token = IF(expires_at <= ${NOW}, ?, token),
  done = IF(expires_at <= ${NOW}, 0, done),
  expires_at = IF(expires_at <= ${NOW}, ${NOW} + ?, expires_at)`,
      parameters: [mchid, id, token, lease, token, lease],
    }),
    afterClaim: ({ mchid, id }) => ({
      sql: `SELECT token, IF(done, 'done', 'claimed') AS state FROM ${table} WHERE mchid = ? AND id = ?`,
      parameters: [mchid, id],
    }),
    renew: ({ mchid, id, token }, lease) => ({
      sql: `UPDATE ${table} SET claims = claims + 1, expires_at = ${NOW} + ?
WHERE mchid = ? AND id = ? AND token = ? AND NOT done`,
      parameters: [lease, mchid, id, token],
    }),
    complete: ({ mchid, id, token }, retention) => ({
      sql: `UPDATE ${table} SET claims = claims + 1, done = 1, expires_at = ${NOW} + ?
WHERE mchid = ? AND id = ? AND token = ?`,
      parameters: [retention, mchid, id, token],
    }),
    release: ({ mchid, id, token }) => ({
      sql: `DELETE FROM ${table} WHERE mchid = ? AND id = ? AND token = ? AND NOT done`,
      parameters: [mchid, id, token],
    }),
    ping: { sql: `SELECT 1 AS reachable FROM ${table} LIMIT 1`, parameters: [] },
    removeExpired: (age, limit) => removeExpired(table, age, limit),
    complaints: complaintsIn(quote(complaints)),
  };
}

function complaintsIn(table: string): ComplaintStatements {
  // GREATEST() is NULL if one of both is. VALUES(), which would spare the -1, is deprecated in MySQL.
  const latest = (column: string): string =>
    `${column} = NULLIF(GREATEST(IF(expires_at > ${NOW}, COALESCE(${column}, -1), -1), COALESCE(CAST(? AS SIGNED), -1)), -1)`;
  return {
    read: (mchid, ids) => ({
      sql: `SELECT id, heard_at, complained_again_at, first_reply_reminded_at, completion_reminded_at, seen
FROM ${table} WHERE mchid = ? AND id IN (${ids.map(() => '?').join(', ')}) AND expires_at > ${NOW}`,
      parameters: [mchid, ...ids],
    }),
    // Assignments are made from left to right, so expires_at comes last.
    write: (row, retention) => {
      const [mchid, id, ...values] = columnsOf(row);
      return {
        sql: `INSERT INTO ${table} (mchid, id, heard_at, complained_again_at,
  first_reply_reminded_at, completion_reminded_at, seen, expires_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ${NOW} + ?)
ON DUPLICATE KEY UPDATE
  ${latest('heard_at')},
  ${latest('complained_again_at')},
  ${latest('first_reply_reminded_at')},
  ${latest('completion_reminded_at')},
  seen = COALESCE(?, IF(expires_at > ${NOW}, seen, NULL)),
  expires_at = ${NOW} + ?`,
        parameters: [mchid, id, ...values, retention, ...values, retention],
      };
    },
    removeExpired: (limit) => removeExpired(table, 0, limit),
  };
}

/** A prepared statement does not take the limit as a parameter from every driver. */
function removeExpired(table: string, age: number, limit: number): SqlStatement {
  return {
    sql: `DELETE FROM ${table} WHERE expires_at <= ${NOW} - ? ORDER BY expires_at LIMIT ${limit}`,
    parameters: [age],
  };
}

function quote({ schema, name }: TableName): string {
  return schema === undefined ? `\`${name}\`` : `\`${schema}\`.\`${name}\``;
}
