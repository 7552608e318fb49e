import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createPool, type Pool as MysqlPool } from 'mysql2/promise';
import { Pool } from 'pg';
import {
  mysql2Store,
  pgStore,
  schema,
  type SqlExecute,
  SqlNotificationStore,
  type SqlNotificationStoreSettings,
} from '../../../../lib/stores/sql.js';
import { NotificationStoreError } from '../../../../lib/errors/notification-store.error.js';
import { readResult } from '../../../../lib/stores/sql/adapters/read-result.js';
import type { ChildServer } from '../../../support/child-server.js';
import { startMariaDb } from '../../../support/mariadb-server.js';
import { startPostgres } from '../../../support/postgres-server.js';
import { until } from '../../../support/until.js';
import { claimed, expiredClaim, MINUTE, newKey } from '../notification-store.contract.js';

/** Milliseconds: many times the limit, for a busy machine. */
const BOUNDED = 5000;
const DAY = 24 * 60 * MINUTE;

/** A database with one pool for the store and one for the test. */
interface Database {
  readonly dialect: 'postgres' | 'mysql';
  readonly server: ChildServer;
  readonly execute: SqlExecute;
  readonly open: (settings?: SqlNotificationStoreSettings) => SqlNotificationStore;
  readonly end: () => Promise<void>;
}

async function openPostgres(): Promise<Database> {
  const { url, server } = await startPostgres();
  const [own, pool] = [1, 20].map((max) => new Pool({ connectionString: url, max }));
  if (!own || !pool) throw new Error('There are two pools.');
  // Without a listener, an idle connection that breaks ends the process.
  for (const each of [own, pool]) each.on('error', () => undefined);
  await own.query(schema('postgres'));
  return {
    dialect: 'postgres',
    server,
    execute: async (sql, parameters) => readResult(await own.query(sql, parameters)),
    open: (settings) => pgStore(pool, settings),
    end: async () => {
      await own.end();
      await pool.end();
    },
  };
}

async function openMariaDb(): Promise<Database> {
  const { url, server } = await startMariaDb();
  const pools: MysqlPool[] = [1, 20].map((connectionLimit) =>
    createPool({ uri: url, connectionLimit }),
  );
  const [own, pool] = pools;
  if (!own || !pool) throw new Error('There are two pools.');
  for (const statement of schema('mysql').split(';\n').filter(Boolean)) await own.query(statement);
  return {
    dialect: 'mysql',
    server,
    execute: async (sql, parameters) => readResult(await own.execute(sql, parameters)),
    open: (settings) => mysql2Store(pool, settings),
    end: async () => {
      await own.end();
      await pool.end();
    },
  };
}

async function rejectionOf(call: Promise<unknown>): Promise<NotificationStoreError> {
  const start = performance.now();
  const error: unknown = await call.then(
    () => new Error('The call was fulfilled.'),
    (reason: unknown) => reason,
  );
  expect(performance.now() - start).toBeLessThan(BOUNDED);
  if (error instanceof NotificationStoreError) return error;
  throw error;
}

describe.each([
  ['PostgreSQL', openPostgres],
  ['MariaDB', openMariaDb],
])('SqlNotificationStore on %s', (_name, start) => {
  let database: Database;
  const NOW = (): string =>
    database.dialect === 'postgres'
      ? 'CAST(extract(epoch FROM statement_timestamp()) * 1000 AS bigint)'
      : "(TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(3)) DIV 1000)";

  async function rows(): Promise<readonly unknown[]> {
    return (await database.execute('SELECT mchid, id FROM wechatpay_notification', [])).rows;
  }

  beforeAll(async () => {
    database = await start();
  }, 60_000);
  afterAll(async () => {
    await database.server.remove();
    await database.end();
  });
  beforeEach(async () => {
    await database.execute('DELETE FROM wechatpay_notification', []);
  });

  it('gives each of 60 notifications to one of 12 simultaneous callers', async () => {
    const stores = Array.from({ length: 12 }, () => database.open({ commandTimeout: 10_000 }));
    for (let race = 0; race < 60; race += 1) {
      const key = newKey();
      // Every third race is for a lease that has lapsed.
      if (race % 3 === 0) await expiredClaim(stores[0] ?? database.open(), key);
      const claims = await Promise.all(stores.map((store) => store.claim(key, MINUTE)));
      expect(claims.filter(({ state }) => state === 'claimed')).toHaveLength(1);
    }
  });

  it('keeps what identifies a notification readable, and digests what does not fit', async () => {
    const store = database.open({ commandTimeout: 10_000 });
    const plain = { mchid: '1900000109', id: 'EV-2018022511223320873#Complaints.open' };
    await claimed(store, plain);
    await expect(rows()).resolves.toEqual([plain]);

    const unusual = [
      { mchid: '商户', id: 'EV-1' },
      { mchid: '1900000109', id: '通知' },
      { mchid: '1900000109', id: "a'b\\" },
      { mchid: '1900000109', id: 'x'.repeat(257) },
      { mchid: '1900000109', id: `${'x'.repeat(256)}y` },
      { mchid: '1900000109', id: 'ev' },
      { mchid: '1900000109', id: 'EV' },
      { mchid: '1900000109', id: 'EV ' },
    ];
    for (const key of unusual) {
      const token = await claimed(store, key);
      await expect(store.claim(key, MINUTE)).resolves.toEqual({ state: 'in-progress' });
      await expect(store.complete(key, token, MINUTE)).resolves.toBe(true);
    }
  });

  it('removes rows that expired a day ago, a few at a time', async () => {
    const insert = `INSERT INTO wechatpay_notification (mchid, id, token, done, expires_at) VALUES `;
    const old = Array.from(
      { length: 80 },
      (_, index) => `('1', '${index}', 'a', TRUE, ${NOW()} - ${DAY})`,
    );
    await database.execute(insert + old.join(', '), []);
    // A lease that has lapsed lately may still be completed by its holder.
    await database.execute(
      `${insert}('1', 'recent', 'a', FALSE, ${NOW()} - ${DAY} + ${MINUTE})`,
      [],
    );
    await database.execute(`${insert}('1', 'done', 'a', TRUE, ${NOW()} + ${MINUTE})`, []);

    const store = database.open({ commandTimeout: 10_000 });
    for (let count = 0; count < 33; count += 1) {
      await store.release(newKey(), 'none');
      const key = newKey();
      await store.release(key, await claimed(store, key));
      if (count === 0) await until(async () => (await rows()).length === 80 - 64 + 2);
    }
    await until(async () => (await rows()).length === 2);
    await expect(rows()).resolves.toEqual(
      expect.arrayContaining([
        { mchid: '1', id: 'recent' },
        { mchid: '1', id: 'done' },
      ]),
    );
  });

  it('remembers complaints whose ids do not fit by their digests', async () => {
    const store = database.open({ commandTimeout: 10_000 });
    const ids = ['投诉', "a'b\\", 'x'.repeat(257), `${'x'.repeat(256)}y`, 'ev', 'EV', 'EV '];
    for (const mchid of ['1900000109', '商户']) {
      for (const [index, complaintId] of ids.entries()) {
        await store.writeComplaint({ mchid, complaintId }, { heardAt: index + 1 }, MINUTE);
      }
      await expect(store.readComplaints(mchid, [...ids, 'other'])).resolves.toEqual([
        ...ids.map((_, index) => ({ heardAt: index + 1 })),
        {},
      ]);
    }
  });

  it('starts a complaint anew that has expired', async () => {
    const store = database.open({ commandTimeout: 10_000 });
    const key = { mchid: '1900000109', complaintId: newKey().id };
    const full = {
      heardAt: 9,
      complainedAgainAt: 9,
      firstReplyRemindedAt: 9,
      completionRemindedAt: 9,
      seen: 'a',
    };
    // Of these writes, only the first one removes what has expired.
    await store.writeComplaint({ ...key, complaintId: newKey().id }, full, MINUTE);
    await store.writeComplaint(key, full, MINUTE);
    await database.execute(
      `UPDATE wechatpay_complaint SET expires_at = ${NOW()} WHERE id = '${key.complaintId}'`,
      [],
    );
    await store.writeComplaint(key, { heardAt: 1, completionRemindedAt: 2 }, MINUTE);
    await expect(store.readComplaints(key.mchid, [key.complaintId])).resolves.toEqual([
      { heardAt: 1, completionRemindedAt: 2 },
    ]);
  });

  it('removes complaints that have expired, a few at a time', async () => {
    const complaints = async (): Promise<readonly unknown[]> =>
      (await database.execute('SELECT id FROM wechatpay_complaint', [])).rows;
    await database.execute('DELETE FROM wechatpay_complaint', []);
    const insert = 'INSERT INTO wechatpay_complaint (mchid, id, expires_at) VALUES ';
    const old = Array.from({ length: 80 }, (_, index) => `('1', '${index}', ${NOW()})`);
    await database.execute(insert + old.join(', '), []);
    await database.execute(`${insert}('1', 'kept', ${NOW()} + ${MINUTE})`, []);

    const store = database.open({ commandTimeout: 10_000 });
    const write = (): Promise<void> =>
      store.writeComplaint({ mchid: '1', complaintId: 'new' }, { heardAt: 1 }, MINUTE);
    await write();
    await until(async () => (await complaints()).length === 80 - 64 + 2);
    for (let count = 0; count < 32; count += 1) await write();
    await until(async () => (await complaints()).length === 2);
    await expect(complaints()).resolves.toEqual(
      expect.arrayContaining([{ id: 'kept' }, { id: 'new' }]),
    );
  });

  it('uses the table that it was given, and asks for the migration when it is missing', async () => {
    const store = database.open({ table: 'seen', commandTimeout: 10_000 });
    const missing = await rejectionOf(store.claim(newKey(), MINUTE));
    expect(missing).toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect(missing.message).toContain(
      `Create the table seen by a migration with the statements of schema('${database.dialect}')`,
    );

    for (const statement of schema(database.dialect, 'seen').split(';\n').filter(Boolean)) {
      await database.execute(statement, []);
      // Does nothing if it is there.
      await database.execute(statement, []);
    }
    await expect(claimed(store, newKey())).resolves.toMatch(/./);
    await expect(rows()).resolves.toEqual([]);
  });

  it('uses the table of complaints that it was given, and asks for the migration when it is missing', async () => {
    const store = database.open({ complaintTable: 'remembered', commandTimeout: 10_000 });
    const key = { mchid: '1900000109', complaintId: newKey().id };
    const missing = await Promise.all([
      rejectionOf(store.readComplaints(key.mchid, [key.complaintId])),
      rejectionOf(store.writeComplaint(key, { heardAt: 1 }, MINUTE)),
    ]);
    for (const { code, message } of missing) {
      expect(code).toBe('STORE_UNAVAILABLE');
      expect(message).toContain('Create the table remembered by a migration');
    }

    const ddl = schema(database.dialect, undefined, 'remembered');
    for (const statement of ddl.split(';\n').filter(Boolean)) {
      await database.execute(statement, []);
    }
    await store.writeComplaint(key, { heardAt: 1 }, MINUTE);
    await expect(store.readComplaints(key.mchid, [key.complaintId])).resolves.toEqual([
      { heardAt: 1 },
    ]);
    await expect(database.open().readComplaints(key.mchid, [key.complaintId])).resolves.toEqual([
      {},
    ]);
  });

  it('rejects in time while the database hangs, and releases the claim that succeeded late', async () => {
    const store = database.open({ commandTimeout: 300 });
    await Promise.all(Array.from({ length: 20 }, () => claimed(store, newKey())));
    const [held, key] = [newKey(), newKey()];
    const token = await claimed(store, held);
    await database.server.freeze();
    try {
      const failed = await Promise.all([
        rejectionOf(store.claim(key, 60 * MINUTE)),
        rejectionOf(store.renew(held, token, MINUTE)),
        rejectionOf(store.complete(held, token, MINUTE)),
        rejectionOf(store.release(held, token)),
        rejectionOf(store.readComplaints('1900000109', [held.id])),
        rejectionOf(
          store.writeComplaint({ mchid: '1900000109', complaintId: held.id }, {}, MINUTE),
        ),
      ]);
      for (const { message, cause } of failed) {
        expect(message).toContain('no response within 300 ms');
        expect(cause).toMatchObject({ code: 'TIMEOUT' });
      }
    } finally {
      await database.server.thaw();
    }
    await until(
      async () => (await store.claim(key, MINUTE).catch(() => undefined))?.state === 'claimed',
    );
  }, 30_000);

  it('rejects in time while the database is away, and recovers when it is back', async () => {
    const store = database.open({ commandTimeout: 1000 });
    const key = newKey();
    const token = await claimed(store, key);
    await database.server.kill();

    const away = await Promise.all(
      Array.from({ length: 30 }, () => rejectionOf(store.claim(newKey(), MINUTE))),
    );
    for (const { code, message } of away) {
      expect(code).toBe('STORE_UNAVAILABLE');
      expect(message).toContain('Check that the database is running');
    }

    await database.server.start();
    await until(async () => await store.complete(key, token, MINUTE).catch(() => false));
    await expect(store.claim(key, MINUTE)).resolves.toEqual({ state: 'done' });
  }, 60_000);
});

describe('SqlNotificationStore', () => {
  const execute: SqlExecute = () => Promise.resolve({ rows: [], affected: 0 });

  it('sends a statement again after an error, such as a deadlock', async () => {
    const sent: unknown[][] = [];
    const store = new SqlNotificationStore({
      dialect: 'postgres',
      execute: (_sql, parameters) => {
        sent.push(parameters);
        return sent.length < 3
          ? Promise.reject(new Error('deadlock detected'))
          : Promise.resolve({ rows: [{ token: parameters[2], state: 'claimed' }], affected: 1 });
      },
    });
    const claim = await store.claim(newKey(), MINUTE);
    // The same token: an attempt may have succeeded although its response was lost.
    expect(sent.slice(0, 3).map((parameters) => parameters[2])).toEqual(
      Array.from({ length: 3 }, () => (claim.state === 'claimed' ? claim.token : undefined)),
    );
  });

  it('gives up after three errors', async () => {
    let calls = 0;
    const store = new SqlNotificationStore({
      dialect: 'sqlite',
      execute: () => {
        calls += 1;
        return Promise.reject(new Error('database is locked'));
      },
    });
    await expect(store.renew(newKey(), 'token', MINUTE)).rejects.toThrow('database is locked');
    expect(calls).toBe(3);
  });

  it('does not take a result for a claim that is none', async () => {
    const store = new SqlNotificationStore({ dialect: 'postgres', execute });
    await expect(store.claim(newKey(), MINUTE)).rejects.toThrow('returned no row');
  });

  it('claims again on MySQL when the holder has released the row meanwhile', async () => {
    const results = [
      { rows: [], affected: 2 },
      { rows: [], affected: 0 },
      { rows: [], affected: 1 },
    ];
    const store = new SqlNotificationStore({
      dialect: 'mysql',
      execute: () => Promise.resolve(results.shift() ?? { rows: [], affected: 0 }),
    });
    await expect(store.claim(newKey(), MINUTE)).resolves.toMatchObject({ state: 'claimed' });
  });

  it('has transactions only when the client has them', () => {
    const options = { dialect: 'postgres', execute } as const;
    expect(new SqlNotificationStore(options).completeInTransaction).toBeUndefined();
    const transaction = () => Promise.resolve();
    expect(
      new SqlNotificationStore({ ...options, transaction }).completeInTransaction,
    ).toBeInstanceOf(Function);
  });

  it.each([
    [{ dialect: 'postgres' }, 'needs execute'],
    [{ dialect: 'postgres', execute, transaction: true }, 'transaction of SqlNotificationStore'],
    [{ dialect: 'postgres', execute, commandTimeout: 0 }, 'is not from 1 to 60000'],
    [{ dialect: 'postgres', execute, commandTimeout: NaN }, 'is not from 1 to 60000'],
    [{ dialect: 'oracle', execute }, 'is not one of'],
    [{ dialect: 'postgres', execute, table: 'a b' }, 'is not a name'],
    [{ dialect: 'postgres', execute, complaintTable: 'a b' }, 'is not a name'],
  ])('rejects the options %j', (options, message) => {
    expect(() => new SqlNotificationStore(options as never)).toThrow(message);
  });

  it('does not keep a process alive', async () => {
    const before = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const store = new SqlNotificationStore({ dialect: 'sqlite', execute });
    await store.renew(newKey(), 'token', MINUTE);
    await delay(0);
    const after = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    expect(after).toBeLessThanOrEqual(before);
  });
});
