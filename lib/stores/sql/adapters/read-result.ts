import { isJsonObject } from '../../../utils/json.js';
import type { SqlResult } from '../dialects/dialect.js';

/**
 * Reads what a driver or an ORM has made of a result:
 *
 * ```
 * { rows, rowCount }                       pg, and Knex, Drizzle and PGlite on PostgreSQL
 * [rows, count]                            TypeORM on PostgreSQL: UPDATE and DELETE
 * [rows, fields], [{ affectedRows }, ...]  mysql2, and Knex and Drizzle on MySQL
 * { affectedRows }                         TypeORM and MikroORM on MySQL
 * [row, row]                               TypeORM, Prisma, postgres.js, SQLite
 * ```
 *
 * @throws TypeError for anything else: a claim must not depend on a guess
 */
export function readResult(result: unknown): SqlResult {
  if (Array.isArray(result)) {
    const [first, second] = result as readonly unknown[];
    if (Array.isArray(first)) return { rows: first, affected: countIn(second) ?? 0 };
    const affected = affectedIn(first);
    return affected === undefined ? { rows: result, affected: 0 } : { rows: [], affected };
  }
  const affected = affectedIn(result);
  if (isJsonObject(result) && Array.isArray(result.rows)) {
    return { rows: result.rows, affected: affected ?? 0 };
  }
  if (affected !== undefined) return { rows: [], affected };
  throw new TypeError('the client returned a result of an unknown form');
}

function affectedIn(result: unknown): number | undefined {
  if (!isJsonObject(result)) return undefined;
  return countIn(result.affectedRows) ?? countIn(result.rowCount) ?? countIn(result.rowsAffected);
}

function countIn(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
