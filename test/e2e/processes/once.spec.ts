import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createTestMerchant, type TestMerchant } from 'nestjs-wechatpay-complaint/testing';
import { until } from '../../support/until.js';
import { AppProcess, type AppSettings, killApps } from './app-process.js';
import { Journal } from './journal.js';
import { inParallel } from './load.js';
import { Sender } from './sender.js';

const NOTIFICATIONS = 1000;
const COPIES = 5;
const IN_FLIGHT = 64;
const LEASE = 5000;

describe('Processes that share a Redis', () => {
  let merchant: TestMerchant;
  let journal: Journal;
  let sender: Sender;

  beforeAll(async () => {
    merchant = await createTestMerchant();
  });
  beforeEach(async () => {
    sender = new Sender(merchant);
    journal = new Journal();
    await journal.open();
  });
  afterEach(async () => {
    await killApps();
    sender.close();
    await journal.close();
  });

  function settings(handling: AppSettings['handling'], lease?: number): AppSettings {
    const { url, keyPrefix } = journal;
    return {
      options: { ...merchant.options, lease },
      store: { url, keyPrefix: `${keyPrefix}store:` },
      journal: { url, keyPrefix },
      handling,
    };
  }

  it('handle each of 1000 notifications once, although each is delivered 5 times at once', async () => {
    const apps = await AppProcess.startMany(4, settings(5));
    const notifications = Array.from({ length: NOTIFICATIONS }, () => sender.notification());
    const start = performance.now();

    await inParallel(
      IN_FLIGHT,
      notifications.flatMap((notification) =>
        // One of the processes gets the notification twice.
        [...apps, ...apps].slice(0, COPIES).map((app) => () => sender.deliver(app, notification)),
      ),
    );

    const seconds = (performance.now() - start) / 1000;
    const posts = [...sender.statuses.values()].reduce((sum, count) => sum + count);
    process.stdout.write(
      `4 processes: ${NOTIFICATIONS} notifications in ${posts} posts, ${seconds.toFixed(1)} s, ` +
        `${Math.round(posts / seconds)} posts/s; responses ${sender.summary}\n`,
    );
    expect(sender.statuses.get(204)).toBe(NOTIFICATIONS * COPIES);
    // Otherwise no two processes ever had the same notification at the same time.
    expect(sender.statuses.get(409)).toBeGreaterThan(0);
    const ids = notifications.map(({ id }) => id).sort();
    expect((await journal.finished()).sort()).toEqual(ids);
    expect((await journal.started()).sort()).toEqual(ids);
    expect(apps.map(({ output }) => output).join('')).toBe('');
  }, 90_000);

  it('handle once what a killed process was handling, after its lease has lapsed', async () => {
    const doomed = await AppProcess.start(settings('never-ending', LEASE));
    const others = await AppProcess.startMany(2, settings(5, LEASE));
    const notifications = Array.from({ length: 20 }, () => sender.notification());
    const unfinished = notifications.map((notification) =>
      sender.send(doomed, notification).then(
        ({ status }) => status,
        () => 'no response',
      ),
    );
    await until(async () => (await journal.started()).length === notifications.length, 20_000);

    const killedAt = performance.now();
    await doomed.kill();

    await expect(Promise.all(unfinished)).resolves.toEqual(notifications.map(() => 'no response'));
    const early = await Promise.all(
      notifications.flatMap((notification) => others.map((app) => sender.send(app, notification))),
    );
    expect(new Set(early.map(({ status }) => status))).toEqual(new Set([409]));
    await expect(journal.finished()).resolves.toEqual([]);

    await Promise.all(
      notifications.flatMap((notification) =>
        others.map((app) => sender.deliver(app, notification)),
      ),
    );
    const seconds = (performance.now() - killedAt) / 1000;
    process.stdout.write(
      `kill -9: ${notifications.length} notifications taken over ${seconds.toFixed(1)} s after, ` +
        `lease ${LEASE / 1000} s\n`,
    );
    const ids = notifications.map(({ id }) => id).sort();
    expect((await journal.finished()).sort()).toEqual(ids);
    expect((await journal.started()).sort()).toEqual([...ids, ...ids].sort());
    expect(others.map(({ output }) => output).join('')).toBe('');
  }, 60_000);
});
