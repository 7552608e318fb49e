import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createTestMerchant, type TestMerchant } from 'nestjs-wechatpay-complaint/testing';
import { freePort, RedisServer } from '../../support/redis-server.js';
import { AppProcess, killApps } from './app-process.js';
import { Journal } from './journal.js';
import { Load } from './load.js';
import { type Notification, Sender } from './sender.js';

const WORKERS = 16;
const OUTAGES = 2;
/** Longer than an outage, so that what was handled before it is remembered after it. */
const LEASE = 20_000;
/** Milliseconds for which WeChat Pay waits for a response. */
const RESPONSE_LIMIT = 5000;
/** Milliseconds for recovery, including notifications that wait for a lease to lapse. */
const RECOVERY = 2 * LEASE;

describe('Redis that goes away under load and comes back', () => {
  let journal: Journal;
  let server: RedisServer;
  let merchant: TestMerchant;
  let sender: Sender;

  beforeEach(async () => {
    merchant = await createTestMerchant();
    sender = new Sender(merchant);
    journal = new Journal();
    server = new RedisServer(await freePort(), ['--appendonly', 'yes', '--appendfsync', 'always']);
    await journal.open();
    await server.start();
  });
  afterEach(async () => {
    await killApps();
    sender.close();
    await server.remove();
    await journal.close();
  });

  it('causes no notification to be lost or handled twice', async () => {
    const apps = await AppProcess.startMany(2, {
      options: { ...merchant.options, lease: LEASE },
      store: { url: server.url, keyPrefix: 'store:' },
      journal: { url: journal.url, keyPrefix: journal.keyPrefix },
      handling: 5,
    });

    const sent: Notification[] = [];
    let delivered = 0;
    const deliverToAll = async (notification: Notification): Promise<void> => {
      sent.push(notification);
      await Promise.all(apps.map((each) => sender.deliver(each, notification)));
      delivered += 1;
    };
    const start = performance.now();
    const load = new Load(WORKERS, () => deliverToAll(sender.notification()));
    const recovers = (): Promise<void> => {
      const before = delivered;
      return load.until(() => delivered >= before + 100, RECOVERY);
    };

    const durations: number[] = [];
    for (let outage = 0; outage < OUTAGES; outage++) {
      await recovers();
      await server.kill();

      const fresh = Array.from({ length: 20 }, () => sender.notification());
      const responses = await Promise.all(
        fresh.flatMap((notification) => apps.map((app) => sender.send(app, notification))),
      );
      expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([503]));
      durations.push(...responses.map(({ duration }) => duration));

      await server.start();
      await Promise.all(fresh.map(deliverToAll));
    }
    await recovers();
    await load.stop();

    const seconds = (performance.now() - start) / 1000;
    process.stdout.write(
      `Redis away ${OUTAGES} times: ${sent.length} notifications to ${apps.length} processes, ` +
        `${seconds.toFixed(1)} s, responses ${sender.summary}, ` +
        `503 within ${Math.round(Math.max(...durations))} ms\n`,
    );
    expect(Math.max(...durations)).toBeLessThan(RESPONSE_LIMIT);
    expect((await journal.finished()).sort()).toEqual(sent.map(({ id }) => id).sort());
    for (const { isAlive, output } of apps) {
      expect(isAlive).toBe(true);
      expect(output).toContain('STORE_UNAVAILABLE');
      expect(output).not.toMatch(/unhandled|\(node:\d+\)/i);
    }
  }, 150_000);
});
