import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { SweepLease } from '../../../lib/reconciliation/sweep-lease.js';
import { ControlledStore } from '../../support/controlled-store.js';
import { RecordingLogger } from '../../support/recording-logger.js';
import { until } from '../../support/until.js';

const MINUTE = 60_000;

describe('SweepLease', () => {
  let store: ControlledStore;
  let logger: RecordingLogger;
  const claim = (lease = MINUTE) =>
    SweepLease.claim(store, '1900000109', lease, new Logger('WechatPayComplaint'));

  beforeEach(() => {
    store = new ControlledStore();
    logger = new RecordingLogger();
    Logger.overrideLogger(logger);
  });
  afterEach(() => {
    Logger.overrideLogger(['log', 'error', 'warn']);
  });

  it('lets one process sweep, and the next one when the pause is over', async () => {
    const lease = await claim();
    await expect(claim()).resolves.toBeUndefined();
    await lease?.end(30);
    await expect(claim()).resolves.toBeUndefined();
    await delay(60);
    await expect(claim()).resolves.toBeInstanceOf(SweepLease);
  });

  it('lets another process sweep at once when it is released', async () => {
    await (await claim())?.release();
    await expect(claim()).resolves.toBeInstanceOf(SweepLease);
  });

  it('is renewed while the sweep lasts, and lapses when the process dies', async () => {
    const lease = await claim(60);
    await until(() => store.done.filter((method) => method === 'renew').length >= 4);
    await expect(claim()).resolves.toBeUndefined();
    // As if the process had died: no renewal reaches the store.
    store.failing.add('renew');
    await delay(150);
    await expect(claim()).resolves.toBeInstanceOf(SweepLease);
    await lease?.release();
  });

  it('logs what the store has not recorded, and never rejects', async () => {
    const lease = await claim();
    store.failing.add('complete');
    await lease?.end(1);
    expect(logger.ours('warn')).toEqual([
      expect.stringMatching(
        /^The store has not recorded .* merchant 1900000109\..*the store is away/,
      ),
    ]);
  });
});
