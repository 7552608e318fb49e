import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  createTestMerchant,
  type SimulatedError,
  type TestMerchant,
  WechatPaySimulator,
} from 'nestjs-wechatpay-complaint/testing';
import { closeAll, closedPort, startClient, startSimulator } from '../../support/client-bench.js';
import type { LogLevel, RecordingLogger } from '../../support/recording-logger.js';
import { until } from '../../support/until.js';

const callbackUrl = 'https://shop.example.com/wechatpay/complaints';
const BROKEN: SimulatedError = { status: 500, code: 'SYSTEM_ERROR', message: '系统异常' };

/** Milliseconds for twenty apps to start on a busy machine. */
const PATIENCE = 30_000;

let merchant: TestMerchant;

beforeAll(async () => {
  merchant = await createTestMerchant();
});
afterEach(closeAll);

/** What was logged about the callback URL. */
const linesOf = (logger: RecordingLogger, ...levels: LogLevel[]): string[] =>
  logger.ours(...levels).filter((line) => line.includes('Callback URL'));

describe('The option callbackUrl', () => {
  it('is registered once the app has started, which is logged', async () => {
    const simulator = await startSimulator(merchant);
    const { logger } = await startClient({ ...simulator.moduleOptions(merchant), callbackUrl });
    await until(() => linesOf(logger, 'log').length > 0);

    expect(simulator.registeredUrl(merchant)).toBe(callbackUrl);
    expect(linesOf(logger, 'log')).toEqual([
      expect.stringContaining(
        `Callback URL ${callbackUrl}: created for merchant ${merchant.mchid}.`,
      ),
    ]);
    expect(linesOf(logger, 'warn')).toEqual([]);
  });

  it('that is registered already stays registered, which is logged', async () => {
    const simulator = await startSimulator(merchant);
    simulator.setRegisteredUrl(merchant, callbackUrl);
    const { logger } = await startClient({ ...simulator.moduleOptions(merchant), callbackUrl });
    await until(() => linesOf(logger, 'log').length > 0);

    expect(linesOf(logger, 'log')).toEqual([
      expect.stringContaining(
        `Callback URL ${callbackUrl}: unchanged for merchant ${merchant.mchid}.`,
      ),
    ]);
    expect(linesOf(logger, 'warn')).toEqual([]);
  });

  it('logs a warning with both URLs when it replaces another one', async () => {
    const other = 'https://other-deployment.example.com/complaints';
    const simulator = await startSimulator(merchant);
    simulator.setRegisteredUrl(merchant, other);
    const { logger } = await startClient({ ...simulator.moduleOptions(merchant), callbackUrl });
    await until(() => linesOf(logger).length > 0);

    expect(simulator.registeredUrl(merchant)).toBe(callbackUrl);
    expect(linesOf(logger, 'warn')).toEqual([
      expect.stringContaining(
        `Callback URL ${callbackUrl}: updated for merchant ${merchant.mchid}. ` +
          `It replaced ${other}, which receives no more notifications.`,
      ),
    ]);
    expect(linesOf(logger, 'log')).toEqual([]);
  });

  it('is retried until it succeeds, while the app is running', async () => {
    const simulator = await startSimulator(merchant);
    simulator.injectFaults(BROKEN);
    const { logger } = await startClient({ ...simulator.moduleOptions(merchant), callbackUrl });
    await until(() => linesOf(logger, 'log').length > 0);

    expect(simulator.registeredUrl(merchant)).toBe(callbackUrl);
    expect(linesOf(logger, 'error')).toEqual([
      expect.stringMatching(
        new RegExp(
          `merchant ${merchant.mchid} could not be registered. Trying again in \\d+ ms. .*SYSTEM_ERROR`,
        ),
      ),
    ]);
  });

  it('keeps the app neither from starting nor from stopping while WeChat Pay is away', async () => {
    const { logger, close } = await startClient({
      ...merchant.options,
      baseUrls: [await closedPort()],
      callbackUrl,
    });
    await until(() => linesOf(logger, 'error').length > 0);
    await close();

    expect(linesOf(logger, 'error')).toHaveLength(1);
  });

  it('aborts its request when the app stops, without an error in the log', async () => {
    const simulator = await startSimulator(merchant);
    simulator.injectFaults('hang');
    const { logger, close } = await startClient({
      ...simulator.moduleOptions(merchant),
      callbackUrl,
    });
    await until(() => simulator.requests.length === 1);
    await close();

    expect(linesOf(logger)).toEqual([]);
  });

  it(
    'is created once when twenty instances start together',
    async () => {
      const simulator = await startSimulator(merchant);
      const options = { ...simulator.moduleOptions(merchant), callbackUrl };
      const clients = await Promise.all(Array.from({ length: 20 }, () => startClient(options)));
      // Nest has one logger per process, so the lines of all instances may be in any of these.
      const lines = (level: 'log' | 'error'): string[] =>
        clients.flatMap(({ logger }) => linesOf(logger, level));
      await until(() => lines('log').length === 20, PATIENCE);

      expect(simulator.registeredUrl(merchant)).toBe(callbackUrl);
      expect(lines('log').filter((line) => line.includes(': created'))).toHaveLength(1);
      expect(lines('log').filter((line) => line.includes(': unchanged'))).toHaveLength(19);
      expect(lines('error')).toEqual([]);
    },
    PATIENCE,
  );

  it('is registered for each of several merchants, a few at a time', async () => {
    const merchants = await Promise.all(Array.from({ length: 6 }, () => createTestMerchant()));
    let [running, most] = [0, 0];
    const simulator = await WechatPaySimulator.start({
      merchants,
      onRequest: async () => {
        running += 1;
        most = Math.max(most, running);
        await delay(20);
        running -= 1;
      },
    });
    const { logger } = await startClient({
      merchants: merchants.map((one) => simulator.merchantOptions(one)),
      callbackUrl: 'https://shop.example.com/{mchid}/complaints',
    });
    await until(() => linesOf(logger, 'log').length === 6);

    for (const one of merchants) {
      expect(simulator.registeredUrl(one)).toBe(`https://shop.example.com/${one.mchid}/complaints`);
    }
    expect(most).toBeLessThanOrEqual(4);
    await simulator.stop();
  });

  it('of one merchant that cannot be registered does not hold up the others', async () => {
    const others = await Promise.all(Array.from({ length: 5 }, () => createTestMerchant()));
    const simulator = await WechatPaySimulator.start({ merchants: others });
    const away = { ...merchant.merchantOptions, baseUrls: [await closedPort()] };
    const { logger } = await startClient({
      merchants: [away, ...others.map((one) => simulator.merchantOptions(one))],
      callbackUrl: 'https://shop.example.com/{mchid}/complaints',
    });
    await until(() => linesOf(logger, 'log').length === 5);

    expect(linesOf(logger, 'error').length).toBeGreaterThan(0);
    await simulator.stop();
  });
});
