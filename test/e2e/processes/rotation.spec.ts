import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  createTestCertificate,
  createTestMerchant,
  type TestMerchant,
} from 'nestjs-wechatpay-complaint/testing';
import { closeAll, downloadsOf, startSimulator } from '../../support/client-bench.js';
import { AppProcess, killApps } from './app-process.js';
import { Journal } from './journal.js';
import { Load } from './load.js';
import { type Response, Sender } from './sender.js';

const ROTATIONS = 6;
const COOLDOWN = 50;

describe('Platform certificates that are replaced under load', () => {
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

  it('cause no rejected notification and no failed call', async () => {
    const simulator = await startSimulator(merchant);
    simulator.setRegisteredUrl(merchant, 'https://shop.example.com/complaints');
    const apps = await AppProcess.startMany(2, {
      options: {
        ...simulator.moduleOptions(merchant),
        platformCertificates: { download: true, unknownSerialCooldown: COOLDOWN },
        // A retry would hide that the first attempt failed.
        retry: false,
      },
      store: { url: journal.url, keyPrefix: `${journal.keyPrefix}store:` },
      journal: { url: journal.url, keyPrefix: journal.keyPrefix },
      handling: 0,
    });

    let previous = merchant.platformCertificate;
    let current = previous;
    const notifications: Response[] = [];
    const calls: Response[] = [];
    /** The serials of the notifications that each app has handled. */
    const seen = apps.map(() => new Set<string>());
    const inbound = new Load(4, async () => {
      for (const [index, app] of apps.entries()) {
        // Not all servers of WeChat Pay switch at the same moment.
        for (const signWith of [current, previous]) {
          notifications.push(await sender.send(app, sender.notification(), signWith));
          seen[index]?.add(signWith.id);
        }
      }
    });
    const outbound = new Load(2, async () => {
      for (const app of apps) calls.push(await sender.readCallbackUrl(app));
    });
    const settled = async (): Promise<void> => {
      const from = calls.length;
      await inbound.until(
        () => seen.every((serials) => serials.has(current.id)) && calls.length > from + 20,
        20_000,
      );
      // This test is not about a certificate that follows another one within the cooldown.
      await delay(4 * COOLDOWN);
    };

    const start = performance.now();
    await settled();
    for (let count = 0; count < ROTATIONS; count++) {
      const certificate = await createTestCertificate();
      await simulator.rotateCertificate(merchant, { certificate, keepListed: count % 2 === 0 });
      [previous, current] = [current, certificate];
      await settled();
    }
    await Promise.all([inbound.stop(), outbound.stop()]);

    const seconds = (performance.now() - start) / 1000;
    process.stdout.write(
      `rotation: ${ROTATIONS} times in ${seconds.toFixed(1)} s under ${notifications.length} ` +
        `notifications and ${calls.length} calls\n`,
    );
    expect(notifications.filter(({ status }) => status !== 204)).toEqual([]);
    expect(calls.filter(({ status }) => status !== 200)).toEqual([]);
    expect(downloadsOf(simulator)).toHaveLength(apps.length * (ROTATIONS + 1));
    expect(apps.map(({ output }) => output).join('')).toBe('');
  }, 60_000);
});
