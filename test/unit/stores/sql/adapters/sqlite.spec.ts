import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import Database from 'libsql';
import {
  schema,
  type SqliteDatabase,
  type SqlNotificationStore,
  sqliteStore,
} from '../../../../../lib/stores/sql.js';
import {
  behavesAsComplaintStore,
  behavesAsNotificationStore,
  claimed,
  MINUTE,
  newKey,
} from '../../notification-store.contract.js';
import { behavesInTransactions, EFFECTS } from '../transactions.contract.js';

type OpenDatabase = (file: string) => SqliteDatabase & { close(): unknown };

/** libsql has the interface of better-sqlite3, and a binary for every version of Node in its package. */
const drivers: [name: string, open: OpenDatabase][] = [['libsql', (file) => new Database(file)]];

// Node 20 has no node:sqlite. There libsql alone stands for SQLite.
const builtin: unknown = process.getBuiltinModule('node:sqlite');
if (isNodeSqlite(builtin)) drivers.push(['node:sqlite', (file) => new builtin.DatabaseSync(file)]);

function isNodeSqlite(
  module: unknown,
): module is { DatabaseSync: new (file: string) => SqliteDatabase & { close(): unknown } } {
  return typeof module === 'object' && module !== null && 'DatabaseSync' in module;
}

describe('sqliteStore', () => {
  it('is tested with node:sqlite on every version of Node that has it', () => {
    const [major = 0] = process.versions.node.split('.').map(Number);
    expect(drivers.map(([name]) => name)).toEqual(
      major >= 22 ? ['libsql', 'node:sqlite'] : ['libsql'],
    );
  });

  describe.each(drivers)('on %s', (_name, open) => {
    let folder: string;
    let database: ReturnType<OpenDatabase>;
    let store: SqlNotificationStore;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'wechatpay-sqlite-'));
      database = open(join(folder, 'app.db'));
      database.exec('PRAGMA journal_mode = WAL');
      database.exec(schema('sqlite'));
      database.exec(EFFECTS);
      store = sqliteStore(database, { commandTimeout: 10_000 });
    });
    afterAll(async () => {
      database.close();
      await rm(folder, { recursive: true });
    });

    describe('as a store', () => {
      behavesAsNotificationStore(() => store);
      behavesAsComplaintStore(() => store);
    });

    describe('with transactions', () => {
      behavesInTransactions(() => ({
        store,
        write: (given, id) => {
          (given as SqliteDatabase).prepare('INSERT INTO effects VALUES (?) RETURNING id').all(id);
          return Promise.resolve();
        },
        count: (id) =>
          Promise.resolve(database.prepare('SELECT id FROM effects WHERE id = ?').all(id).length),
        hasOneConnection: true,
      }));
    });

    it('gives a notification to exactly one of many connections', async () => {
      const others = Array.from({ length: 6 }, () => open(join(folder, 'app.db')));
      const key = newKey();
      const claims = await Promise.all(
        others.flatMap((other) => {
          const on = sqliteStore(other);
          return Array.from({ length: 10 }, () => on.claim(key, MINUTE));
        }),
      );
      expect(claims.filter(({ state }) => state === 'claimed')).toHaveLength(1);
      for (const other of others) other.close();
    });

    it('lets other calls wait until the transaction of a handler has ended', async () => {
      const key = newKey();
      const token = await claimed(store, key);
      const order: string[] = [];
      let claim: Promise<unknown> = Promise.resolve();
      await store.completeInTransaction?.(key, token, MINUTE, async () => {
        claim = store.claim(newKey(), MINUTE).then(() => order.push('claim'));
        await new Promise((resolve) => setTimeout(resolve, 50));
        order.push('handler');
      });
      await claim;
      expect(order).toEqual(['handler', 'claim']);
    });
  });
});
