import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  createTestMerchant,
  type TestMerchant,
  WechatPaySimulator,
} from 'nestjs-wechatpay-complaint/testing';
import { Client } from 'pg';
import { AppModule } from '../../sample/02-cluster/postgres/app.module.js';
import { MIGRATION } from '../../sample/02-cluster/postgres/migration.js';
import { type PostgresServer, startPostgres } from '../support/postgres-server.js';
import { closeApps, startApp } from '../support/start-app.js';
import { until } from '../support/until.js';

describe('The app of sample/02-cluster/postgres', () => {
  const environment = { ...process.env };
  let merchant: TestMerchant;
  let simulator: WechatPaySimulator;
  let postgres: PostgresServer;
  let database: Client;

  beforeAll(async () => {
    merchant = await createTestMerchant();
    simulator = await WechatPaySimulator.start({ merchants: [merchant] });
    postgres = await startPostgres();
    database = new Client({ connectionString: postgres.url });
    await database.connect();
    await database.query(MIGRATION);
    Object.assign(process.env, simulator.environment(merchant), {
      WECHATPAY_CALLBACK_URL: 'https://shop.example.com/wechatpay/complaints',
      DATABASE_URL: postgres.url,
    });
  }, 60_000);
  afterAll(async () => {
    process.env = environment;
    await closeApps();
    await database.end();
    await postgres.server.remove();
    await simulator.stop();
  });

  it('writes one row and does one job for a notification that two instances receive', async () => {
    const first = await startApp({ imports: [AppModule] });
    await until(() => simulator.registeredUrl(merchant) !== undefined);
    const second = await startApp({ imports: [AppModule] });
    for (const { url } of [first, second]) {
      simulator.mapHost('shop.example.com', url);
      await expect(
        simulator.notify(merchant, { id: 'EV-1', complaint: { complaint_id: 'C-7' } }),
      ).resolves.toMatchObject({ accepted: true, attempts: [{ status: 204 }] });
    }

    const count = async (table: string): Promise<number | null> =>
      (await database.query(`SELECT FROM ${table}`)).rowCount;
    await until(async () => (await count('complaint_job')) === 0);
    const { rows } = await database.query('SELECT * FROM complaint');
    expect(rows).toEqual([
      {
        notification_id: 'EV-1',
        complaint_id: 'C-7',
        action: 'CREATE_COMPLAINT',
        looked_up_at: expect.any(Date),
      },
    ]);
  });
});
