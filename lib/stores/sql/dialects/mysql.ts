import type { SqlDialect } from './dialect.js';
import type { TableName } from './table-name.js';

/** Constant within a statement, unlike SYSDATE(), and the same in every time zone. */
const NOW = "(TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(3)) DIV 1000)";

/**
 * MySQL 8 and MariaDB 10.6 or later. `claims` grows with every write: clients count the rows that
 * were found or those that were changed, depending on their settings, and so the two agree.
 */
export function mysql({ schema, name }: TableName): SqlDialect {
  const table = schema === undefined ? `\`${name}\`` : `\`${schema}\`.\`${name}\``;
  return {
    schema: `CREATE TABLE IF NOT EXISTS ${table} (
  mchid      VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  id         VARCHAR(256) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  token      VARCHAR(64)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  done       BOOLEAN      NOT NULL,
  expires_at BIGINT       NOT NULL,
  claims     INT UNSIGNED NOT NULL DEFAULT 0,
  PRIMARY KEY (mchid, id),
  KEY \`${name}_expires_at\` (expires_at)
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
    // A prepared statement does not take the limit as a parameter from every driver.
    removeExpired: (age, limit) => ({
      sql: `DELETE FROM ${table} WHERE expires_at <= ${NOW} - ? ORDER BY expires_at LIMIT ${limit}`,
      parameters: [age],
    }),
  };
}
