import assert from 'node:assert/strict';
import { Logger } from '@nestjs/common';
import { AppContext } from '../../lib/merchant/app-context.js';
import { MerchantRegistry } from '../../lib/merchant/merchant-registry.js';
import { createHttpService } from '../../lib/http/http-service.js';
import {
  ComplaintNotificationVerifier,
  type MerchantOptions,
  type WechatPayComplaintModuleOptions,
} from '../../lib/index.js';
import { signComplaintNotification, type TestMerchant } from '../../lib/testing/index.js';
import { lowerCased } from './floor.js';
import { type Candidate, compare } from './measure.js';
import { type Chapter, judge, TIME_COLUMNS, timeRow } from './report.js';

const COUNTS = [1, 100, 10_000];
/** Seconds: notifications are signed once and received until the end. */
const CLOCK_TOLERANCE = 3600;
const INVENTED = 50_000;

interface Opened {
  readonly verifier: ComplaintNotificationVerifier;
  readonly registry: MerchantRegistry;
}

/** What several merchants in one app cost: time per notification, start, memory, a flood. */
export async function severalMerchants(merchant: TestMerchant): Promise<Chapter[]> {
  // Memory first, while there is little of it.
  const memory = await memoryPerMerchant(merchant);
  return [await timePerNotification(merchant), memory, await flood(merchant)];
}

async function timePerNotification(merchant: TestMerchant): Promise<Chapter> {
  const only = await open({ ...merchant.options, clockTolerance: CLOCK_TOLERANCE });
  const candidates = [candidate('one, by itself', only, merchant, undefined)];
  for (const count of COUNTS) {
    const opened = await open({
      merchants: merchantsOf(merchant, count),
      clockTolerance: CLOCK_TOLERANCE,
    });
    const last = lastOf(merchant, count);
    candidates.push(
      candidate(`${count}, named by the path`, opened, last, last.mchid),
      candidate(`${count}, by serial and key`, opened, last, undefined),
    );
  }
  for (const { run } of candidates) await run();
  const rows = await compare(candidates, { rounds: 15 });
  return {
    title: 'Receiving, by number of merchants',
    columns: ['merchants', ...TIME_COLUMNS.slice(1)],
    rows: rows.map(timeRow),
    notes: [],
  };
}

async function memoryPerMerchant(merchant: TestMerchant): Promise<Chapter> {
  const rows: (string | number)[][] = [];
  let perMerchant = Infinity;
  await open({ merchants: merchantsOf(merchant, 100) });
  for (const count of COUNTS.slice(1)) {
    const options = { merchants: merchantsOf(merchant, count) };
    const before = residentBytes();
    const start = performance.now();
    const { registry } = await open(options);
    const duration = performance.now() - start;
    perMerchant = (residentBytes() - before) / count / 1024;
    assert.equal(registry.list().length, count);
    rows.push([count, duration.toFixed(0), (duration / count).toFixed(2), perMerchant.toFixed(1)]);
  }
  return {
    title: 'Starting with many merchants, each with keys of its own',
    columns: ['merchants', 'start, ms', 'ms for one', 'resident KiB for one'],
    rows,
    notes: [judge({ name: 'resident KiB a merchant', value: perMerchant, bound: 20 })],
  };
}

/** Strangers choose the mchid in the path; a merchant that exists is served meanwhile. */
async function flood(merchant: TestMerchant): Promise<Chapter> {
  let lookups = 0;
  const { verifier } = await open({
    merchants: {
      find: (mchid) => {
        lookups += 1;
        const found = mchid === merchant.mchid ? merchant.merchantOptions : undefined;
        return Promise.resolve(found);
      },
    },
    clockTolerance: CLOCK_TOLERANCE,
  });
  const signed = signComplaintNotification(merchant);
  const notification = { headers: lowerCased(signed), body: Buffer.from(signed.body) };
  const send = (mchid: string) => verifier.verify({ ...notification, merchant: mchid });
  const before = residentBytes();
  const start = performance.now();
  let served = 0;
  for (let index = 0; index < INVENTED; index += 1) {
    await assert.rejects(send(`x${index}`));
    if (index % 1000 !== 0) continue;
    await send(merchant.mchid);
    served += 1;
  }
  const duration = performance.now() - start;
  const grown = (residentBytes() - before) / 1024 / 1024;
  return {
    title: 'A flood of invented merchants, each looked up once',
    columns: ['invented', 'us for one', 'look-ups', 'genuine ones served', 'grown by, MiB'],
    rows: [
      [INVENTED, ((duration * 1000) / INVENTED).toFixed(1), lookups, served, grown.toFixed(1)],
    ],
    notes: [judge({ name: 'look-ups', value: lookups, bound: INVENTED + 1 })],
  };
}

async function open(options: WechatPayComplaintModuleOptions): Promise<Opened> {
  // There is a line for each merchant at the level debug.
  Logger.overrideLogger(['error']);
  const app = await AppContext.create(options);
  const registry = new MerchantRegistry(app, createHttpService());
  return { registry, verifier: new ComplaintNotificationVerifier(app, registry) };
}

/** The keys of one merchant under many names: each of them is parsed and kept by itself. */
function merchantsOf(merchant: TestMerchant, count: number): MerchantOptions[] {
  return Array.from({ length: count }, (_, index) => ({
    ...merchant.merchantOptions,
    mchid: mchidOf(index),
    apiV3Key: apiV3KeyOf(index),
    platformKeys: { [keyIdOf(merchant, index)]: merchant.publicKey.pem },
  }));
}

function lastOf(merchant: TestMerchant, count: number): TestMerchant {
  const index = count - 1;
  return {
    ...merchant,
    mchid: mchidOf(index),
    apiV3Key: apiV3KeyOf(index),
    publicKey: { ...merchant.publicKey, id: keyIdOf(merchant, index) },
  };
}

const mchidOf = (index: number): string => String(1_800_000_000 + index);
const apiV3KeyOf = (index: number): string => String(index).padStart(32, '0');
const keyIdOf = ({ publicKey }: TestMerchant, index: number): string =>
  publicKey.id.slice(0, -6) + String(index).padStart(6, '0');

function candidate(
  name: string,
  { verifier }: Opened,
  merchant: TestMerchant,
  named: string | undefined,
): Candidate {
  const signed = signComplaintNotification(merchant);
  const notification = { headers: lowerCased(signed), body: Buffer.from(signed.body) };
  return { name, run: () => verifier.verify({ ...notification, merchant: named }) };
}

/** Keys are outside of the heap, so the whole process counts. */
function residentBytes(): number {
  globalThis.gc?.();
  globalThis.gc?.();
  return process.memoryUsage().rss;
}
