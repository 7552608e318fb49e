import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import {
  createTestMerchant,
  type Delivery,
  type TestMerchant,
  WechatPaySimulator,
} from 'nestjs-wechatpay-complaint/testing';
import { AppProcess } from './demonstration/app-process.js';
import { LoadBalancer } from './demonstration/load-balancer.js';
import { QueueWatch } from './demonstration/queue-watch.js';
import { runToEnd, step, until } from './demonstration/steps.js';

/**
 * Runs the app of this folder as two processes behind one address. A simulated WeChat Pay sends every
 * notification several times, one process is killed at work, and at the end everything is counted.
 */

const HOST = 'shop.example.com';
const CALLBACK_URL = `https://${HOST}/wechatpay/complaints`;
const NOTIFICATIONS = 200;
const COPIES = 3;
/** Notifications that are sent at once, and milliseconds between these bursts. */
const BURST = 20;
const PAUSE = 300;
/** WeChat Pay redelivers after 15 s, 15 s, 30 s, 3 min, ...: here after 0.15 s, 0.15 s, 0.3 s, 1.8 s. */
const TIME_SCALE = 0.01;

const url = process.env.REDIS_URL ?? 'redis://127.0.0.1:6379';
const prefix = `wechatpay-complaint-sample:${randomBytes(6).toString('hex')}:`;

const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null });
let reason = '';
redis.on('error', ({ message }: Error) => (reason = message));
try {
  await redis.connect();
} catch {
  console.error(
    `There is no Redis at ${new URL(url).host} (${reason}). Start one with ` +
      '"apt-get install redis-server" or "docker run -p 6379:6379 redis", or set REDIS_URL.',
  );
  process.exit(1);
}

const ids = Array.from(
  { length: NOTIFICATIONS },
  (_, index) => `EV-${String(index + 1).padStart(4, '0')}-${randomBytes(8).toString('hex')}`,
);
const merchant = await createTestMerchant();
const simulator = await WechatPaySimulator.start({ merchants: [merchant], timeScale: TIME_SCALE });
const environment = {
  ...simulator.environment(merchant),
  WECHATPAY_CALLBACK_URL: CALLBACK_URL,
  REDIS_URL: url,
  REDIS_PREFIX: prefix,
};
const apps = [
  await AppProcess.create('app 1', environment),
  await AppProcess.create('app 2', environment),
] as const;
const [victim] = apps;
const balancer = await LoadBalancer.start(apps.map(({ port }) => port));
simulator.mapHost(HOST, balancer.url);
const queue = new QueueWatch({ url, prefix });

console.log(
  `Two processes behind ${balancer.url}, Redis at ${new URL(url).host}, ` +
    `WeChat Pay simulator on ${simulator.url}`,
);
try {
  await runToEnd(demonstrate);
} finally {
  await Promise.all(apps.map((app) => app.stop()));
  balancer.stop();
  await simulator.stop();
  await queue.remove();
  await redis.unlink(
    `${prefix}complaints`,
    ...ids.map((id) => `${prefix}notification:${merchant.mchid}:${id}`),
  );
  await redis.quit();
}
// After an interruption, deliveries are still pending.
process.exit();

async function demonstrate(): Promise<boolean> {
  await step(
    'Two processes start, and each registers the callback URL',
    async () => [await apps[0].start(), await apps[1].start()],
    ([first, second]) => `app 1: ${first}, app 2: ${second}`,
  );

  let sent = 0;
  const sending = sendAll(merchant, () => (sent += 1));
  // Awaited below; until then a failure is no unhandled rejection.
  sending.catch(() => undefined);

  const abandoned = await step(
    `WeChat Pay sends ${NOTIFICATIONS} notifications, ${COPIES} copies of each at once; app 1 is killed at work`,
    async () => {
      await until('half of them are sent', () => sent >= NOTIFICATIONS / 2, 1);
      const { pid } = victim;
      await victim.killAtWork();
      return { pid, sent, jobs: await queue.runningIn(pid) };
    },
    ({ pid, sent, jobs }) =>
      `SIGKILL to ${pid} after ${sent} notifications, while it was running ${jobs.length} jobs`,
  );

  await step(
    'It starts again, while app 2 serves all requests',
    () => victim.start(),
    (callbackUrl) => `callback URL ${callbackUrl}`,
  );

  const deliveries = await step(
    'WeChat Pay delivers again what was not accepted',
    () => sending,
    (all) => `${all.filter(({ accepted }) => accepted).length} accepted`,
  );

  await step(
    'The queue becomes empty',
    () => until('the queue is empty', () => queue.isEmpty()),
    () => 'every job has completed',
  );

  return report(deliveries, abandoned.jobs);
}

async function sendAll(to: TestMerchant, onSend: () => void): Promise<Delivery[]> {
  const deliveries: Promise<Delivery>[] = [];
  for (const [index, id] of ids.entries()) {
    if (index > 0 && index % BURST === 0) await delay(PAUSE);
    onSend();
    deliveries.push(simulator.notify(to, { id, copies: COPIES, redeliver: true }));
  }
  return Promise.all(deliveries);
}

async function report(
  deliveries: readonly Delivery[],
  abandoned: readonly string[],
): Promise<boolean> {
  const rows = new Set(await redis.hkeys(`${prefix}complaints`));
  const statuses = deliveries.flatMap(({ attempts }) => attempts.map(({ status }) => status));
  const broken = statuses.filter((status) => status === undefined || status === 502).length;
  const delivered = deliveries.filter(({ accepted }) => accepted).length;
  const events = apps.flatMap((app) => app.events);
  const count = (name: string): number =>
    events.filter(({ outcome, code }) => outcome === name || code === name).length;
  const [done, inProgress] = [count('duplicate'), count('IN_PROGRESS')];
  const handled = ids.filter((id) => rows.has(id)).length;
  const twice = [...queue.recorded.values()].filter((times) => times > 1).length;
  const lost = ids.length - handled;
  const again = [...queue.started].filter(([, times]) => times > 1);

  console.log('');
  row('sent', ids.length, `in ${statuses.length} requests`);
  row('delivered', delivered, 'response 204');
  row('handled', handled, 'with their row in the database');
  row(
    'duplicates suppressed',
    done + inProgress,
    `${inProgress} in progress elsewhere (409), ${done} handled before (204)`,
  );
  row('failed requests', broken, 'without a response from the killed process (502)');
  row('jobs added again', queue.addedAgain, 'by handlers that ran again: still one job each');
  row(
    'jobs run again',
    again.length,
    `${abandoned.length} were running in the killed process, ${queue.foundRecorded} found their row`,
  );
  row('handled twice', twice);
  row('lost', lost);
  const isPassed = handled === ids.length && lost === 0 && twice === 0 && rows.size === ids.length;
  console.log(
    isPassed
      ? '\nEvery notification was handled once.'
      : '\nNot every notification was handled once.',
  );
  return isPassed;
}

function row(name: string, value: number, remark = ''): void {
  console.log(`  ${name.padEnd(22)} ${String(value).padStart(5)}   ${remark}`.trimEnd());
}
