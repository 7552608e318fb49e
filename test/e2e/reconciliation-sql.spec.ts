import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Injectable } from '@nestjs/common';
import { Pool } from 'pg';
import {
  type ComplaintDeadline,
  type ComplaintNotificationPayload,
  ComplaintReconciler,
  OnComplaint,
  OnComplaintDeadline,
  WechatPayComplaintModule,
} from 'nestjs-wechatpay-complaint';
import { pgStore, schema } from 'nestjs-wechatpay-complaint/sql';
import {
  createTestMerchant,
  type TestMerchant,
  WechatPaySimulator,
} from 'nestjs-wechatpay-complaint/testing';
import { type PostgresServer, startPostgres } from '../support/postgres-server.js';
import { closeApps, type RunningApp, startApp } from '../support/start-app.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let merchant: TestMerchant;
let simulator: WechatPaySimulator;
let postgres: PostgresServer;
let pool: Pool;
/** Milliseconds by which the clock of the simulator is behind. */
let behind = 0;
let isLosing = false;
let heard: string[] = [];
let reminded: string[] = [];

@Injectable()
class Listener {
  @OnComplaint()
  hear({ origin, complaint }: ComplaintNotificationPayload): void {
    heard.push(`${origin} ${complaint.action_type} ${complaint.complaint_id}`);
  }

  @OnComplaintDeadline()
  remind({ kind, state }: ComplaintDeadline): void {
    reminded.push(`${kind} ${state}`);
  }
}

/** One of several processes on the same database. */
async function start(): Promise<RunningApp> {
  const running = await startApp({
    imports: [
      WechatPayComplaintModule.forRoot({
        ...simulator.moduleOptions(merchant),
        route: 'complaints',
        store: pgStore(pool, { commandTimeout: 10_000 }),
        reconciliation: { interval: false, grace: 5 * MINUTE },
      }),
    ],
    providers: [Listener],
  });
  simulator.setRegisteredUrl(merchant, `${running.url}/complaints`);
  return running;
}

const reconcilerOf = ({ app }: RunningApp): ComplaintReconciler => app.get(ComplaintReconciler);

beforeAll(async () => {
  merchant = await createTestMerchant();
  postgres = await startPostgres();
  pool = new Pool({ connectionString: postgres.url });
  await pool.query(schema('postgres'));
}, 60_000);
beforeEach(async () => {
  [behind, isLosing, heard, reminded] = [0, false, [], []];
  simulator = await WechatPaySimulator.start({
    merchants: [merchant],
    clock: () => Date.now() - behind,
    losesNotification: () => isLosing,
  });
});
afterEach(async () => {
  await closeApps();
  await simulator.stop();
  await pool.query('TRUNCATE wechatpay_notification, wechatpay_complaint');
});
afterAll(async () => {
  await pool.end();
  await postgres.server.remove();
});

describe('A sweep with a store on PostgreSQL', () => {
  it('gives what was lost to one of several processes, once', async () => {
    const [one, other] = [reconcilerOf(await start()), reconcilerOf(await start())];
    await one.sweep();

    behind = 3 * HOUR;
    const { complaint } = await simulator.complain(merchant);
    const id = complaint.complaint_id;
    expect(heard).toEqual([`notification CREATE_COMPLAINT ${id}`]);
    await expect(other.sweep()).resolves.toMatchObject({ fed: 0 });

    isLosing = true;
    behind = 2 * HOUR;
    await simulator.sendUserMessage(merchant, id, { text: '在吗' });
    behind = HOUR;
    await simulator.applyPlatformService(merchant, id);
    const reports = [await other.sweep(), await one.sweep(), await other.sweep()];

    expect(reports.map(({ listed, fed }) => ({ listed, fed }))).toEqual([
      { listed: 1, fed: 1 },
      { listed: 1, fed: 0 },
      { listed: 1, fed: 0 },
    ]);
    expect(heard.slice(1)).toEqual([`reconciliation USER_APPLY_PLATFORM_SERVICE ${id}`]);
  });

  it('reminds of a deadline once, whichever process sweeps', async () => {
    const [one, other] = [reconcilerOf(await start()), reconcilerOf(await start())];
    behind = 21 * HOUR;
    await simulator.complain(merchant);
    for (const reconciler of [one, other, one]) await reconciler.sweep();
    expect(reminded).toEqual(['first-reply due-soon']);
  });
});
