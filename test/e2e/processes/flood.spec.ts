import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createTestMerchant, type TestMerchant } from 'nestjs-wechatpay-complaint/testing';
import { closeAll, downloadsOf, startSimulator } from '../../support/client-bench.js';
import { AppProcess, killApps } from './app-process.js';
import { Journal } from './journal.js';
import { inParallel, Load } from './load.js';
import { type Response, Sender } from './sender.js';

const FORGED = 20_000;
const IN_FLIGHT = 32;
const COOLDOWN = 1000;
const MEGABYTE = 1024 * 1024;

describe('A flood of forged notifications with random serials', () => {
  let merchant: TestMerchant;
  let journal: Journal;
  let sender: Sender;

  beforeEach(async () => {
    merchant = await createTestMerchant({ mode: 'certificate' });
    sender = new Sender(merchant);
    journal = new Journal();
    await journal.open();
  });
  afterEach(async () => {
    await killApps();
    sender.close();
    await closeAll();
    await journal.close();
  });

  it('causes one download per cooldown, and every genuine notification is handled', async () => {
    const simulator = await startSimulator(merchant);
    const app = await AppProcess.start({
      options: {
        ...simulator.moduleOptions(merchant),
        platformCertificates: { download: true, unknownSerialCooldown: COOLDOWN },
      },
      store: { url: journal.url, keyPrefix: `${journal.keyPrefix}store:` },
      journal: { url: journal.url, keyPrefix: journal.keyPrefix },
      handling: 0,
    });
    const genuine: Response[] = [];
    const forged = new Map<number, number>();
    const body = sender.notification();
    const heapBefore = await app.heapUsed();
    const start = performance.now();

    const traffic = new Load(4, async () => {
      genuine.push(await sender.send(app, sender.notification()));
      await delay(20);
    });
    const flood = async (count: number): Promise<void> => {
      await inParallel(
        IN_FLIGHT,
        Array.from({ length: count }, () => async () => {
          const { status } = await sender.sendForged(app, body);
          forged.set(status, (forged.get(status) ?? 0) + 1);
        }),
      );
    };
    await flood(FORGED / 2);
    const secondHalf = flood(FORGED / 2);
    // Its serial is as unknown as the forged ones, so it waits for the next download.
    const next = await simulator.rotateCertificate(merchant);
    const underNext: number[] = [];
    while (underNext.at(-1) !== 204 && underNext.length < 200) {
      underNext.push((await sender.send(app, sender.notification(), next)).status);
      await delay(50);
    }
    await secondHalf;
    await traffic.stop();

    const elapsed = performance.now() - start;
    const heapAfter = await app.heapUsed();
    const downloads = downloadsOf(simulator).length;
    process.stdout.write(
      `flood: ${FORGED} forged and ${genuine.length} genuine notifications in ` +
        `${(elapsed / 1000).toFixed(1)} s, ${Math.round(FORGED / (elapsed / 1000))} forged/s, ` +
        `${downloads} downloads at a cooldown of ${COOLDOWN} ms, genuine within ` +
        `${Math.round(Math.max(...genuine.map(({ duration }) => duration)))} ms; heap ` +
        `${inMegabytes(heapBefore)} before, ${inMegabytes(heapAfter)} after\n`,
    );
    expect([...forged]).toEqual([[401, FORGED]]);
    expect(genuine.filter(({ status }) => status !== 204)).toEqual([]);
    expect(genuine.length).toBeGreaterThan(100);
    expect(underNext.at(-1)).toBe(204);
    expect(downloads).toBeGreaterThan(1);
    expect(downloads).toBeLessThanOrEqual(Math.floor(elapsed / COOLDOWN) + 1);
    // A kilobyte kept of each forgery would be twice as much.
    expect(heapAfter - heapBefore).toBeLessThan(10 * MEGABYTE);
    expect(app.isAlive).toBe(true);
    expect(app.output).toBe('');
  }, 90_000);
});

function inMegabytes(bytes: number): string {
  return `${(bytes / MEGABYTE).toFixed(1)} MB`;
}
