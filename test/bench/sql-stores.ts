import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import { createPool } from 'mysql2/promise';
import { Pool } from 'pg';
import {
  mysql2Store,
  pgStore,
  schema,
  type SqlNotificationStore,
  sqliteStore,
} from '../../lib/stores/sql.js';
import { startMariaDb } from '../support/mariadb-server.js';
import { startPostgres } from '../support/postgres-server.js';
import { quantile } from './measure.js';
import type { Chapter } from './report.js';

const MCHID = '1900000109';
/** Milliseconds: longer than what is measured. */
const LEASE = 60_000;
const IN_FLIGHT = [1, 16, 64];
const CLAIMS = 1024;
const ROUNDS = 9;
const POOL_SIZE = 16;

/** A store, and the plainest statement that remembers an id in the same table. */
interface Subject {
  readonly name: string;
  readonly store: SqlNotificationStore;
  readonly plain: (id: string) => Promise<unknown>;
  readonly end: () => Promise<unknown>;
}

/** Claims a second of one process, and what the plainest statement of the same kind does. */
export async function sqlStores(): Promise<Chapter> {
  const rows: string[][] = [];
  for (const open of [openPostgres, openMariaDb, openSqlite]) {
    const subject = await open();
    try {
      for (const inFlight of IN_FLIGHT) rows.push(await measure(subject, inFlight));
    } finally {
      await subject.end();
    }
  }
  return {
    title: 'SQL stores: claims a second of one process, by calls in flight',
    columns: ['database', 'in flight', 'claims/s', 'quartiles', 'plain INSERT/s', 'x plain'],
    rows,
    notes: [
      `PostgreSQL and MariaDB with ${POOL_SIZE} connections, and without waiting for the disk.`,
      'Plain: INSERT ... ON CONFLICT DO NOTHING, or ON DUPLICATE KEY UPDATE, of the same row.',
    ],
  };
}

async function measure({ name, store, plain }: Subject, inFlight: number): Promise<string[]> {
  const [plains, claims]: [number[], number[]] = [[], []];
  const claim = async (id: string): Promise<void> => {
    assert.equal((await store.claim({ mchid: MCHID, id }, LEASE)).state, 'claimed');
  };
  // The first round warms both up.
  for (let round = 0; round <= ROUNDS; round += 1) {
    const one = await perSecond(inFlight, plain);
    const other = await perSecond(inFlight, claim);
    if (round > 0) plains.push(one);
    if (round > 0) claims.push(other);
  }
  const ratios = claims.map((count, round) => count / (plains[round] ?? NaN));
  return [
    name,
    `${inFlight}`,
    quantile(claims, 0.5).toFixed(0),
    `${quantile(claims, 0.25).toFixed(0)} .. ${quantile(claims, 0.75).toFixed(0)}`,
    quantile(plains, 0.5).toFixed(0),
    quantile(ratios, 0.5).toFixed(2),
  ];
}

async function perSecond(
  inFlight: number,
  call: (id: string) => Promise<unknown>,
): Promise<number> {
  let left = CLAIMS;
  const worker = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await call(randomUUID());
    }
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: inFlight }, worker));
  return (CLAIMS / (performance.now() - start)) * 1000;
}

async function openPostgres(): Promise<Subject> {
  const { url, server } = await startPostgres();
  const pool = new Pool({ connectionString: url, max: POOL_SIZE });
  await pool.query(schema('postgres'));
  const sql =
    'INSERT INTO wechatpay_notification VALUES ($1, $2, $3, FALSE, $4) ON CONFLICT DO NOTHING';
  return {
    name: 'PostgreSQL, pg',
    store: pgStore(pool, { commandTimeout: LEASE }),
    plain: (id) => pool.query(sql, [MCHID, id, randomUUID(), Date.now() + LEASE]),
    end: async () => {
      await pool.end();
      await server.remove();
    },
  };
}

async function openMariaDb(): Promise<Subject> {
  const { url, server } = await startMariaDb();
  const pool = createPool({ uri: url, connectionLimit: POOL_SIZE });
  for (const statement of schema('mysql').split(';\n').filter(Boolean)) await pool.query(statement);
  const sql =
    'INSERT INTO wechatpay_notification (mchid, id, token, done, expires_at) VALUES (?, ?, ?, 0, ?) ' +
    'ON DUPLICATE KEY UPDATE id = id';
  return {
    name: 'MariaDB, mysql2',
    store: mysql2Store(pool, { commandTimeout: LEASE }),
    plain: (id) => pool.execute(sql, [MCHID, id, randomUUID(), Date.now() + LEASE]),
    end: async () => {
      await pool.end();
      await server.remove();
    },
  };
}

async function openSqlite(): Promise<Subject> {
  const folder = await mkdtemp(join(tmpdir(), 'wechatpay-sqlite-'));
  const database = new Database(join(folder, 'app.db'));
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
  database.exec(schema('sqlite'));
  const statement = database.prepare(
    'INSERT INTO wechatpay_notification VALUES (?, ?, ?, 0, ?) ON CONFLICT DO NOTHING',
  );
  return {
    name: 'SQLite, libsql',
    store: sqliteStore(database, { commandTimeout: LEASE }),
    plain: (id) => Promise.resolve(statement.run(MCHID, id, randomUUID(), Date.now() + LEASE)),
    end: async () => {
      database.close();
      await rm(folder, { recursive: true });
    },
  };
}
