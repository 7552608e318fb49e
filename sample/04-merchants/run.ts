import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NestFactory } from '@nestjs/core';
import {
  createTestMerchant,
  signComplaintNotification,
  type TestMerchant,
  WechatPaySimulator,
} from 'nestjs-wechatpay-complaint/testing';
import { AppModule } from './app.module.js';
import { ComplaintsJournal } from './complaints.journal.js';
import { postTo } from './demonstration/post-to.js';
import { Traffic } from './demonstration/traffic.js';
import { MerchantsRepository } from './merchants.repository.js';
import { MerchantsService } from './merchants.service.js';

/**
 * Runs the app of this folder with a simulated WeChat Pay. Merchants are added, get new keys and are
 * removed while notifications come in, and at the end everything is counted.
 */

const FIRST_MERCHANTS = 10;
const LATER_MERCHANTS = 3;
const ROTATED = 3;
const REMOVED = 2;
/** Notifications to each merchant, before and after the changes. */
const NOTIFICATIONS = 10;
const INVENTED = 200;
/** WeChat Pay redelivers after 15 s, 15 s, 30 s, 3 min, ...: here after 0.15 s, 0.15 s, 0.3 s, 1.8 s. */
const TIME_SCALE = 0.01;

const folder = await mkdtemp(join(tmpdir(), 'wechatpay-merchants-'));
// Proxies are for the way out: the simulated WeChat Pay is on this machine.
Object.assign(process.env, { MERCHANTS_FOLDER: folder, NO_PROXY: '127.0.0.1' });
const merchants = await createMerchants(FIRST_MERCHANTS);
const later = await createMerchants(LATER_MERCHANTS);
const simulator = await WechatPaySimulator.start({ merchants, timeScale: TIME_SCALE });
const app = await NestFactory.create(AppModule, { rawBody: true, logger: false });
await app.listen(0, '127.0.0.1');
const origin = await app.getUrl();
simulator.mapHost('saas.example.com', origin);

const service = app.get(MerchantsService);
const journal = app.get(ComplaintsJournal);
const { lookups } = app.get(MerchantsRepository);
const traffic = new Traffic(simulator);
let steps = 0;

console.log(`An app on ${origin}, WeChat Pay simulator on ${simulator.url}`);
try {
  if (!(await demonstrate())) process.exitCode = 1;
} catch (error) {
  process.exitCode = 1;
  console.error(error);
} finally {
  await app.close();
  await simulator.stop();
  await rm(folder, { recursive: true });
}

async function demonstrate(): Promise<boolean> {
  const urls = await Promise.all(merchants.map(add));
  say(`${merchants.length} merchants are added, and each has a callback URL`, `${urls[0]}, ...`);

  const [removed, rotated, others] = [
    merchants.slice(0, REMOVED),
    merchants.slice(REMOVED, REMOVED + ROTATED),
    merchants.slice(REMOVED + ROTATED),
  ];
  const [ofRemoved, ofInvented] = await Promise.all([
    Promise.all(removed.map(remove)),
    visitByStrangers(),
    ...rotated.map(rotate),
    ...later.map(addWhileRunning),
    ...others.map((merchant) => traffic.send(merchant, 2 * NOTIFICATIONS)),
  ]);
  say(
    `While notifications come in: ${LATER_MERCHANTS} more are added, ${ROTATED} get new keys, ${REMOVED} are removed`,
    `${traffic.sent.length} notifications sent`,
  );
  say(
    `A stranger sends ${2 * INVENTED} notifications for invented merchants`,
    'each rejected with 401',
  );
  return report(ofRemoved.flat(), ofInvented);
}

/** As the administration does. The complaint is older than the callback URL, so it is not notified. */
async function add(merchant: TestMerchant): Promise<string> {
  await traffic.begin(merchant);
  return service.add(simulator.merchantOptions(merchant));
}

async function addWhileRunning(merchant: TestMerchant): Promise<void> {
  simulator.setMerchant(merchant);
  await add(merchant);
  await traffic.send(merchant, NOTIFICATIONS);
}

/** WeChat Pay uses the new keys at once; the app has them a little later. */
async function rotate(merchant: TestMerchant): Promise<void> {
  await traffic.send(merchant, NOTIFICATIONS);
  const next = await createTestMerchant({ mchid: merchant.mchid });
  simulator.setMerchant(next);
  const sending = traffic.send(next, NOTIFICATIONS);
  await service.rotate(simulator.merchantOptions(next));
  await sending;
}

/** Returns the status of a notification after the removal. */
async function remove(merchant: TestMerchant): Promise<number[]> {
  await traffic.send(merchant, NOTIFICATIONS);
  await service.remove(merchant.mchid);
  return postTo(origin, [merchant.mchid], signComplaintNotification(merchant));
}

/** Returns the status of each notification. */
async function visitByStrangers(): Promise<number[]> {
  const invented = Array.from({ length: INVENTED }, (_, index) => `invented_${index}`);
  const stranger = await createTestMerchant();
  const twice = [...invented, ...invented];
  return postTo(origin, twice, signComplaintNotification(stranger));
}

function report(ofRemoved: readonly number[], ofInvented: readonly number[]): boolean {
  const rejected = {
    removed: ofRemoved.filter((status) => status === 401).length,
    invented: ofInvented.filter((status) => status === 401).length,
  };
  const { sent } = traffic;
  const attempts = sent.flatMap(({ delivery }) => delivery.attempts);
  const delivered = sent.filter(({ delivery }) => delivery.accepted).length;
  const times = new Map<string, number>();
  for (const { mchid, notificationId } of journal.entries) {
    const key = `${mchid} ${notificationId}`;
    times.set(key, (times.get(key) ?? 0) + 1);
  }
  const keys = sent.map(({ mchid, delivery }) => `${mchid} ${delivery.id}`);
  const handled = keys.filter((key) => times.has(key)).length;
  const twice = [...times.values()].filter((count) => count > 1).length;
  const misdirected = journal.entries.filter(
    ({ mchid, complaintedMchid }) => mchid !== complaintedMchid,
  ).length;
  const early = attempts.filter(({ status }) => status === 400 || status === 401).length;
  const lookupsOfInvented = [...lookups].filter(([mchid]) => mchid.startsWith('invented_'));
  const repeated = lookupsOfInvented.filter(([, count]) => count > 1).length;
  const lost = keys.length - handled;

  console.log('');
  row('merchants', merchants.length + later.length, `${REMOVED} of them removed`);
  row(
    'sent',
    keys.length,
    `in ${attempts.length} requests; the ids are the same for each merchant`,
  );
  row('delivered', delivered, 'response 204');
  row('handled', handled, 'and the complaint looked up for its merchant');
  row('with keys too new', early, 'rejected, and delivered again once the app had them');
  row('of removed merchants', rejected.removed, 'rejected (401)');
  row(
    'of invented merchants',
    rejected.invented,
    `rejected (401), ${lookupsOfInvented.length} look-ups`,
  );
  row('looked up repeatedly', repeated, 'invented merchants');
  row('for another merchant', misdirected);
  row('handled twice', twice);
  row('lost', lost);
  const isPassed =
    delivered === keys.length &&
    times.size === keys.length &&
    lost + twice + misdirected + repeated === 0 &&
    rejected.removed === REMOVED &&
    rejected.invented === 2 * INVENTED;
  console.log(
    isPassed
      ? '\nEvery notification was handled once, for its own merchant.'
      : '\nNot every notification was handled once, for its own merchant.',
  );
  return isPassed;
}

function createMerchants(count: number): Promise<TestMerchant[]> {
  return Promise.all(Array.from({ length: count }, () => createTestMerchant()));
}

function say(step: string, result: string): void {
  steps += 1;
  console.log(`\n${steps}. ${step}\n   ok: ${result}`);
}

function row(name: string, value: number, remark = ''): void {
  console.log(`  ${name.padEnd(22)} ${String(value).padStart(5)}   ${remark}`.trimEnd());
}
