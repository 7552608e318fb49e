import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { schema, type SqlExecute } from 'nestjs-wechatpay-complaint/sql';
import { createTestMerchant, type TestMerchant } from 'nestjs-wechatpay-complaint/testing';
import { createPool } from 'mysql2/promise';
import { Pool } from 'pg';
import { readResult } from '../../../lib/stores/sql/adapters/read-result.js';
import type { ChildServer } from '../../support/child-server.js';
import { startMariaDb } from '../../support/mariadb-server.js';
import { startPostgres } from '../../support/postgres-server.js';
import { until } from '../../support/until.js';
import { AppProcess, killApps, type SqlAppSettings } from './app-process.js';
import { inParallel } from './load.js';
import { type Notification, Sender } from './sender.js';

/** 1000 take three minutes on two cores; CI runs this on every version of Node. */
const NOTIFICATIONS = Number(process.env.CRASH_NOTIFICATIONS ?? 200);
const COPIES = 5;
const PROCESSES = 4;
const IN_FLIGHT = 48;
/** Milliseconds. Short, so that what a killed process held is taken over soon. */
const LEASE = 1000;
/** Shares of all deliveries after which a process is killed, and after which the database is restarted. */
const KILLS =
  NOTIFICATIONS < 1000
    ? [0.1, 0.2, 0.4, 0.5, 0.8]
    : Array.from({ length: 10 }, (_, index) => (index + 0.5) / 10);
const RESTARTS = [0.3, 0.6];

interface Database {
  readonly dialect: SqlAppSettings['dialect'];
  readonly url: string;
  readonly server: ChildServer;
  readonly execute: SqlExecute;
  readonly end: () => Promise<void>;
}

async function openPostgres(): Promise<Database> {
  const { url, server } = await startPostgres();
  const pool = new Pool({ connectionString: url, max: 2 });
  pool.on('error', () => undefined);
  const execute: SqlExecute = async (sql, parameters) =>
    readResult(await pool.query(sql, parameters));
  return { dialect: 'postgres', url, server, execute, end: () => pool.end() };
}

async function openMariaDb(): Promise<Database> {
  const { url, server } = await startMariaDb();
  const pool = createPool({ uri: url, connectionLimit: 2 });
  const execute: SqlExecute = async (sql, parameters) =>
    readResult(await pool.execute(sql, parameters));
  return { dialect: 'mysql', url, server, execute, end: () => pool.end() };
}

describe.each([
  ['PostgreSQL', openPostgres],
  ['MariaDB', openMariaDb],
])('Processes that share a %s', (name, open) => {
  let merchant: TestMerchant;
  let database: Database;
  let sender: Sender;

  beforeAll(async () => {
    merchant = await createTestMerchant();
    database = await open();
    const tables = [
      ...schema(database.dialect).split(';\n').filter(Boolean),
      // Without a key: a row that is written twice is there twice.
      'CREATE TABLE effects (id VARCHAR(64) NOT NULL)',
      'CREATE TABLE started (id VARCHAR(64) NOT NULL)',
    ];
    for (const table of tables) await database.execute(table, []);
  }, 60_000);
  afterAll(async () => {
    await database.end();
    await database.server.remove();
  });
  beforeEach(() => {
    sender = new Sender(merchant);
  });
  afterEach(async () => {
    await killApps();
    sender.close();
    await database.execute('DELETE FROM effects', []);
    await database.execute('DELETE FROM started', []);
  });

  function settings(inTransaction: boolean, handling: SqlAppSettings['handling']): SqlAppSettings {
    const { dialect, url } = database;
    const options = { ...merchant.options, lease: LEASE };
    return { options, dialect, url, inTransaction, handling };
  }

  async function ids(table: 'effects' | 'started'): Promise<string[]> {
    const { rows } = await database.execute(`SELECT id FROM ${table} ORDER BY id`, []);
    return (rows as { id: string }[]).map(({ id }) => id);
  }

  async function restart(): Promise<void> {
    await database.server.kill();
    await database.server.start();
  }

  /** Delivers until the response is 204, to whatever process has the place now. */
  async function deliver(
    processes: readonly AppProcess[],
    place: number,
    notification: Notification,
  ): Promise<void> {
    for (let tries = 0; tries < 3000; tries += 1) {
      const process = processes[place % processes.length];
      const status = process && (await statusOf(process, notification));
      if (status === 204) return;
      await delay(20);
    }
    throw new Error(`${notification.id} never got 204: ${sender.summary}`);
  }

  function statusOf(process: AppProcess, notification: Notification): Promise<number | string> {
    return sender.send(process, notification).then(
      ({ status }) => status,
      () => 'no response',
    );
  }

  it(`write the effects of ${NOTIFICATIONS} notifications once, although processes are killed and the database is restarted`, async () => {
    const app = settings(true, { milliseconds: 10, isAnnounced: false });
    const processes = await AppProcess.startMany(PROCESSES, app);
    const notifications = Array.from({ length: NOTIFICATIONS }, () => sender.notification());
    const total = NOTIFICATIONS * COPIES;
    const start = performance.now();
    let delivered = 0;
    let isOver = false;

    const chaos = async (share: number, strike: () => Promise<unknown>): Promise<void> => {
      while (delivered < share * total && !isOver) await delay(5);
      if (!isOver) await strike();
    };
    const strikes = [
      ...KILLS.map((share, index) =>
        chaos(share, async () => {
          const place = index % PROCESSES;
          await processes[place]?.kill();
          processes[place] = await AppProcess.start(app);
        }),
      ),
      ...RESTARTS.map((share) => chaos(share, restart)),
    ];
    try {
      await inParallel(
        IN_FLIGHT,
        notifications.flatMap((notification, index) =>
          Array.from({ length: COPIES }, (_, copy) => async () => {
            await deliver(processes, index + copy, notification);
            delivered += 1;
          }),
        ),
      );
    } finally {
      isOver = true;
      await Promise.all(strikes);
    }

    const seconds = (performance.now() - start) / 1000;
    process.stdout.write(
      `${name}, @InTransaction(): ${NOTIFICATIONS} notifications, ${total} deliveries, ${KILLS.length} kills, ` +
        `${RESTARTS.length} restarts of the database, ${seconds.toFixed(1)} s; responses ${sender.summary}\n`,
    );
    await expect(ids('effects')).resolves.toEqual(notifications.map(({ id }) => id).sort());
  }, 240_000);

  it.each([
    ['once with @InTransaction()', true, 1],
    // What it is for.
    ['twice without it', false, 2],
  ])(
    'write the effects %s when one is killed after it has written',
    async (_what, inTransaction, count) => {
      const slow = settings(inTransaction, { milliseconds: 600_000, isAnnounced: true });
      const doomed = await AppProcess.start(slow);
      const other = await AppProcess.start(
        settings(inTransaction, { milliseconds: 1, isAnnounced: false }),
      );
      const notification = sender.notification();
      const unfinished = statusOf(doomed, notification);
      await until(async () => (await ids('started')).length === 1, 20_000);
      await doomed.kill();
      await expect(unfinished).resolves.toBe('no response');

      await deliver([other], 0, notification);

      await expect(ids('effects')).resolves.toEqual(
        Array.from({ length: count }, () => notification.id),
      );
    },
    60_000,
  );

  it('roll back the late commit of one that was frozen beyond its lease', async () => {
    const frozen = await AppProcess.start(settings(true, { milliseconds: 300, isAnnounced: true }));
    const other = await AppProcess.start(settings(true, { milliseconds: 1, isAnnounced: false }));
    const notification = sender.notification();
    const late = statusOf(frozen, notification);
    await until(async () => (await ids('started')).length === 1, 20_000);
    frozen.freeze();
    try {
      await deliver([other], 0, notification);
      await expect(ids('effects')).resolves.toEqual([notification.id]);
    } finally {
      frozen.thaw();
    }
    // Its handler ends, its completion changes no row, and all is rolled back.
    await expect(late).resolves.toBe(409);
    await expect(ids('effects')).resolves.toEqual([notification.id]);
  }, 60_000);
});
