import type { SqlDialect } from './dialect.js';
import type { TableName } from './table-name.js';

/** The days since 1970, as milliseconds. 'now' is constant within a statement. */
const NOW = "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)";

/** SQLite 3.35 or later, which has RETURNING. */
export function sqlite({ schema, name }: TableName): SqlDialect {
  const prefix = schema === undefined ? '' : `"${schema}".`;
  const table = `${prefix}"${name}"`;
  return {
    schema: `CREATE TABLE IF NOT EXISTS ${table} (
  mchid      TEXT    NOT NULL,
  id         TEXT    NOT NULL,
  token      TEXT    NOT NULL,
  done       INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (mchid, id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS ${prefix}"${name}_expires_at" ON "${name}" (expires_at);
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
    removeExpired: (age, limit) => ({
      sql: `DELETE FROM ${table} WHERE (mchid, id) IN (
  SELECT mchid, id FROM ${table} WHERE expires_at <= ${NOW} - ? ORDER BY expires_at LIMIT ?
) RETURNING 1 AS changed`,
      parameters: [age, limit],
    }),
  };
}
