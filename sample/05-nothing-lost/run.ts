import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import {
  createTestMerchant,
  type Delivery,
  WechatPaySimulator,
} from 'nestjs-wechatpay-complaint/testing';
import { LoadBalancer } from '../02-cluster/demonstration/load-balancer.js';
import { runToEnd, step, until } from '../02-cluster/demonstration/steps.js';
import { AppProcess } from './demonstration/app-process.js';
import { CallTimes } from './demonstration/call-times.js';
import { HandledComplaints } from './demonstration/handled-complaints.js';
import { Lives } from './demonstration/lives.js';
import { countDeadlines, handledTimes } from './demonstration/outcome.js';

/**
 * Runs the app of this folder as two processes on one Redis. Consumers of a simulated WeChat Pay complain,
 * and three notifications in ten never arrive. An hour takes 0.4 s here, so that the three days
 * that a merchant has pass in 30 s; the quotas are as many times higher as the sweeps are more
 * frequent. At the end everything is counted.
 */

const HOST = 'shop.example.com';
const COMPLAINTS = Number(process.env.COMPLAINTS ?? 2000);
/** Complaints that are made at once, and milliseconds between these. */
const BURST = 20;
const PAUSE = 150;
/** Of notifications: those that are not sent, and of these those that are sent after all. */
const LOST = 0.3;
const LATE = 0.2;
const LATE_BY = 8000;
/** Of calls: those that fail with 429 or 500. */
const FAILING = 0.005;
const LIMITS = { firstReply: 10_000, completion: 30_000 };
const QUOTAS = { list: 2400, history: 12_000 };
/** Milliseconds within which everything has to be over. */
const PATIENCE = 150_000;

const url = process.env.REDIS_URL ?? 'redis://127.0.0.1:6379';
const prefix = `wechatpay-complaint-sample:${randomBytes(6).toString('hex')}:`;

const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null });
let reason = '';
redis.on('error', ({ message }: Error) => {
  reason = message;
});
try {
  await redis.connect();
} catch {
  console.error(
    `There is no Redis at ${new URL(url).host} (${reason}). Start one with ` +
      '"apt-get install redis-server" or "docker run -p 6379:6379 redis", or set REDIS_URL.',
  );
  process.exit(1);
}

const calls = { list: new CallTimes(), history: new CallTimes() };
let failures = 0;
let lastComplaintAt = 0;
const merchant = await createTestMerchant();
const simulator = await WechatPaySimulator.start({
  merchants: [merchant],
  quotas: QUOTAS,
  losesNotification: () => Math.random() < LOST,
  onRequest: ({ method, target }) => {
    if (method === 'GET' && target.includes('/complaints-v2?')) calls.list.add();
    if (target.includes('/negotiation-historys')) calls.history.add();
    if (Math.random() >= FAILING) return;
    failures += 1;
    simulator.injectFaults(
      Math.random() < 0.5
        ? { status: 429, code: 'FREQUENCY_LIMITED', message: '请求频率过高' }
        : { status: 500, code: 'SYSTEM_ERROR', message: '系统异常' },
    );
  },
});
const environment = {
  ...simulator.environment(merchant),
  REDIS_URL: url,
  REDIS_PREFIX: prefix,
  LEASE: '2000',
  INTERVAL: '3000',
  GRACE: '2500',
  LISTS_PER_MINUTE: String(QUOTAS.list),
  HISTORIES_PER_MINUTE: String(QUOTAS.history),
  FIRST_REPLY: String(LIMITS.firstReply),
  COMPLETION: String(LIMITS.completion),
  REMIND: '1000',
};
const ports = [await freePort(), await freePort()];
const apps = ports.map((port) => new AppProcess(port, environment));
const balancer = await LoadBalancer.start(ports);
simulator.mapHost(HOST, balancer.url);
simulator.setRegisteredUrl(merchant, `https://${HOST}/wechatpay/complaints`);
const handled = new HandledComplaints(redis, `${prefix}journal`);
const lives = await Lives.start(merchant, simulator, handled);

console.log(
  `Two processes behind ${balancer.url}, Redis at ${new URL(url).host}, ` +
    `WeChat Pay simulator on ${simulator.url}`,
);
try {
  await runToEnd(demonstrate);
} finally {
  await Promise.all(apps.map((app) => app.stop()));
  balancer.stop();
  await lives.close();
  await handled.stop();
  await simulator.stop();
  for await (const keys of redis.scanStream({ match: `${prefix}*`, count: 1000 })) {
    if (Array.isArray(keys) && keys.length > 0) await redis.unlink(...keys.map(String));
  }
  await redis.quit();
}
// After an interruption, much is still pending.
process.exit();

async function demonstrate(): Promise<boolean> {
  await step(
    'Two processes start, and one of them sweeps for the first time',
    async () => {
      await Promise.all(apps.map((app) => app.start()));
      await until('a sweep has ended', () => sweeps().length > 0);
    },
    () => 'what was there before would be taken for known',
  );

  const late: Promise<Delivery>[] = [];
  const isOver = { value: false };
  const sendingLate = sendLate(late, isOver);
  const lived = liveAll();
  // Awaited below; until then a failure is no unhandled rejection.
  lived.catch(() => undefined);

  await step(
    `${COMPLAINTS} consumers complain; the process that sweeps is killed in the middle of a sweep`,
    async () => {
      await delay(4000);
      for (const app of apps) app.doom(true);
      await until('a process is killed', () => apps.some(({ isRunning }) => !isRunning), 1);
      for (const app of apps) app.doom(false);
      const before = sweeps().length;
      await until('another process has swept', () => sweeps().length > before);
    },
    () => 'SIGKILL, and the other process has swept after the lease had lapsed',
  );

  await step(
    'The killed process starts again, and every complaint is lived to its end',
    async () => {
      const killed = apps.filter(({ isRunning }) => !isRunning);
      await Promise.all(killed.map((app) => app.start()));
      const isInTime = await Promise.race([
        lived.then(() => true),
        delay(PATIENCE, false, { ref: false }),
      ]);
      return isInTime;
    },
    (isInTime) => (isInTime ? 'all of them' : `not all of them within ${PATIENCE / 1000} s`),
  );

  await step(
    'The last deadlines pass',
    async () => {
      await delay(Math.max(0, lastComplaintAt + LIMITS.completion - Date.now()));
      const before = sweeps().length;
      await until('two more sweeps have ended', () => sweeps().length > before + 1);
      isOver.value = true;
      await sendingLate;
      await Promise.all(late);
    },
    () => 'and have been announced',
  );
  await handled.stop();
  return report(late.length);
}

function sweeps() {
  return apps.flatMap((app) => app.sweeps);
}

async function liveAll(): Promise<void> {
  const living: Promise<void>[] = [];
  for (let index = 0; index < COMPLAINTS; index += 1) {
    if (index > 0 && index % BURST === 0) await delay(PAUSE);
    living.push(lives.live(index));
  }
  lastComplaintAt = Date.now();
  await Promise.all(living);
}

/** Some of the lost notifications arrive after all, when a sweep has found them long since. */
async function sendLate(
  deliveries: Promise<Delivery>[],
  isOver: { readonly value: boolean },
): Promise<void> {
  let next = 0;
  while (!isOver.value) {
    await delay(100);
    for (const { notification } of simulator.lostNotifications.slice(next)) {
      next += 1;
      if (Math.random() >= LATE) continue;
      const send = async (): Promise<Delivery> => {
        await delay(LATE_BY);
        return simulator.notify(merchant, notification);
      };
      deliveries.push(send());
    }
  }
}

function report(late: number): boolean {
  const entries = handled.entries.filter(({ what }) => what !== 'deadline');
  const times = handledTimes(handled.entries);
  const found = entries.filter(({ what }) => what === 'reconciliation').length;
  const twice = [...times].filter(([, count]) => count > 1).map(([name]) => name);
  const created = twice.filter((name) => name.endsWith(' CREATE_COMPLAINT')).length;
  const changed = twice.filter((name) => !/CREATE_COMPLAINT$|due-soon$|overdue$/.test(name)).length;
  const ids = simulator.complaints(merchant).map(({ complaint_id }) => complaint_id);
  const creations = ids.filter((id) => times.has(`${id} CREATE_COMPLAINT`)).length;
  const ended = ids.filter(
    (id) => lives.lives.get(id) === 'ignored' || lives.completions.has(id),
  ).length;
  const steps = [...times.keys()].filter((name) => !/due-soon$|overdue$/.test(name)).length;
  const deadlines = countDeadlines(simulator, merchant, lives, LIMITS, times);
  const lost = simulator.lostNotifications.length;
  const most = { list: calls.list.mostInAMinute(), history: calls.history.mostInAMinute() };

  console.log('');
  row('complaints', ids.length);
  row('changes', steps - creations, 'messages, refunds, steps of the platform');
  row('notified', steps - found, 'handled because their notification arrived');
  row('lost', lost, `notifications that were not sent, ${late} of them sent ${LATE_BY} ms later`);
  row('found by the sweep', found, `in ${sweeps().length} sweeps`);
  row(
    'missing',
    ids.length - Math.min(creations, ended),
    'complaints that were not lived to their end',
  );
  row('creations handled twice', created);
  row('changes handled twice', changed, 'by a late notification: at least once is promised');
  row('deadlines met', deadlines.met);
  row('deadlines missed', deadlines.missed, `${deadlines.wrong} of all announced wrongly`);
  row(
    'lists a minute',
    most.list,
    `at most, of ${QUOTAS.list} allowed; ${calls.list.total} in all`,
  );
  row(
    'histories a minute',
    most.history,
    `at most, of ${QUOTAS.history} allowed; ${calls.history.total} in all`,
  );
  row('failed calls', failures, 'with 429 or 500');
  const isPassed =
    ids.length === COMPLAINTS &&
    creations === COMPLAINTS &&
    ended === COMPLAINTS &&
    created === 0 &&
    found > 0 &&
    deadlines.wrong === 0 &&
    most.list <= QUOTAS.list &&
    most.history <= QUOTAS.history;
  for (const id of ids) {
    if (lives.lives.get(id) === 'ignored' || lives.completions.has(id)) continue;
    const path = simulator.complaintHistory(merchant, id).map(({ operate_type }) => operate_type);
    console.log(`  missing: complaint ${id}, ${path.reverse().join(', ')}`);
  }
  console.log(isPassed ? '\nNothing is missing.' : '\nSomething is missing.');
  return isPassed;
}

function row(name: string, value: number, remark = ''): void {
  console.log(`  ${name.padEnd(24)} ${String(value).padStart(6)}   ${remark}`.trimEnd());
}

async function freePort(): Promise<number> {
  const { createServer } = await import('node:net');
  for (;;) {
    // Below the range that systems use for outgoing connections, so that it stays free.
    const port = 10_000 + Math.floor(Math.random() * 20_000);
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => {
        resolve(false);
      });
      server.listen(port, '127.0.0.1', () => {
        resolve(true);
      });
    });
    server.close();
    if (isFree) return port;
  }
}
