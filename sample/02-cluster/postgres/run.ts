import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import {
  createTestMerchant,
  type Delivery,
  WechatPaySimulator,
} from 'nestjs-wechatpay-complaint/testing';
import { Client } from 'pg';
import { AppProcess } from '../demonstration/app-process.js';
import { LoadBalancer } from '../demonstration/load-balancer.js';
import { step, until } from '../demonstration/steps.js';
import { MIGRATION } from './migration.js';

/**
 * Runs the app of this folder as two processes behind one address, on a new database. A simulated
 * WeChat Pay sends every notification several times, one process is killed at work, and at the end the
 * rows are counted.
 */

const HOST = 'shop.example.com';
const CALLBACK_URL = `https://${HOST}/wechatpay/complaints`;
const NOTIFICATIONS = 200;
const COPIES = 3;
/** Notifications that are sent at once, and milliseconds between these bursts. */
const BURST = 20;
const PAUSE = 300;
const TIME_SCALE = 0.01;

const serverUrl = process.env.DATABASE_URL ?? 'postgres://postgres@127.0.0.1:5432/postgres';
const server = new Client({ connectionString: serverUrl });
try {
  await server.connect();
} catch (error) {
  console.error(
    `There is no PostgreSQL at ${new URL(serverUrl).host} (${String(error)}). Start one with ` +
      '"docker run -p 5432:5432 -e POSTGRES_HOST_AUTH_METHOD=trust postgres", or set DATABASE_URL.',
  );
  process.exit(1);
}
const name = `wechatpay_sample_${randomBytes(6).toString('hex')}`;
await server.query(`CREATE DATABASE ${name}`);
const databaseUrl = new URL(serverUrl);
databaseUrl.pathname = `/${name}`;
const database = new Client({ connectionString: databaseUrl.href });
await database.connect();
await database.query(MIGRATION);

const merchant = await createTestMerchant();
const simulator = await WechatPaySimulator.start({ merchants: [merchant], timeScale: TIME_SCALE });
const environment = {
  ...simulator.environment(merchant),
  WECHATPAY_CALLBACK_URL: CALLBACK_URL,
  DATABASE_URL: databaseUrl.href,
};
const main = new URL('./main.js', import.meta.url);
const first = await AppProcess.create('app 1', environment, main);
const second = await AppProcess.create('app 2', environment, main);
const balancer = await LoadBalancer.start([first.port, second.port]);
simulator.mapHost(HOST, balancer.url);

try {
  if (!(await demonstrate())) process.exitCode = 1;
} finally {
  await Promise.all([first.stop(), second.stop()]);
  balancer.stop();
  await simulator.stop();
  await database.end();
  await server.query(`DROP DATABASE ${name} WITH (FORCE)`);
  await server.end();
}
process.exit();

async function demonstrate(): Promise<boolean> {
  await step(
    `Two processes start, with PostgreSQL at ${databaseUrl.host} and without Redis`,
    async () => [await first.start(), await second.start()],
    (callbackUrls) => `callback URL ${callbackUrls.join(', ')}`,
  );

  let sent = 0;
  const sending = sendAll(() => (sent += 1));
  // Awaited below; until then a failure is no unhandled rejection.
  sending.catch(() => undefined);
  await step(
    `WeChat Pay sends ${NOTIFICATIONS} notifications, ${COPIES} copies of each at once; app 1 is killed at work`,
    async () => {
      await until('half of them are sent', () => sent >= NOTIFICATIONS / 2, 1);
      await first.killAtWork();
    },
    () => `SIGKILL after ${sent} notifications`,
  );
  await step(
    'It starts again, while app 2 serves all requests',
    () => first.start(),
    (callbackUrl) => `callback URL ${callbackUrl}`,
  );
  const deliveries = await step(
    'WeChat Pay delivers again what was not accepted',
    () => sending,
    (all) => `${all.filter(({ accepted }) => accepted).length} accepted`,
  );
  await step(
    'The workers do all jobs',
    () => until('no job is left', async () => (await count('complaint_job')) === 0),
    () => 'no job is left',
  );

  const requests = deliveries.flatMap(({ attempts }) => attempts).length;
  const rows = await count('complaint');
  const notifications = await count('(SELECT DISTINCT notification_id FROM complaint) AS ids');
  const done = await count('complaint WHERE looked_up_at IS NOT NULL');
  console.log(
    `\n  ${NOTIFICATIONS} sent in ${requests} requests: ${rows} rows of ${notifications} notifications, ${done} jobs done`,
  );
  const isPassed = [rows, notifications, done].every((number) => number === NOTIFICATIONS);
  console.log(
    isPassed ? '\nEvery notification has one row.' : '\nRows are missing, or are there twice.',
  );
  return isPassed;
}

async function sendAll(onSend: () => void): Promise<Delivery[]> {
  const deliveries: Promise<Delivery>[] = [];
  for (let index = 0; index < NOTIFICATIONS; index += 1) {
    if (index > 0 && index % BURST === 0) await delay(PAUSE);
    onSend();
    const id = `EV-${String(index + 1).padStart(4, '0')}`;
    deliveries.push(simulator.notify(merchant, { id, copies: COPIES, redeliver: true }));
  }
  return Promise.all(deliveries);
}

async function count(from: string): Promise<number> {
  const { rows } = await database.query<{ count: string }>(`SELECT count(*) FROM ${from}`);
  return Number(rows[0]?.count);
}
