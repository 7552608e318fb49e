import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  createTestMerchant,
  type SimulatedError,
  type TestMerchant,
} from 'nestjs-wechatpay-complaint/testing';
import { closeAll, closedPort, startClient, startSimulator } from '../../support/client-bench.js';
import { until } from '../../support/until.js';

const callbackUrl = 'https://shop.example.com/wechatpay/complaints';
const BROKEN: SimulatedError = { status: 500, code: 'SYSTEM_ERROR', message: '系统异常' };

let merchant: TestMerchant;

beforeAll(async () => {
  merchant = await createTestMerchant();
});
afterEach(closeAll);

describe('The option callbackUrl', () => {
  it('is registered once the app is up, and what was done is logged', async () => {
    const simulator = await startSimulator(merchant);
    const { logger } = await startClient({ ...simulator.moduleOptions(merchant), callbackUrl });
    await until(() => logger.ours('log').length > 0);
    expect(simulator.registeredUrl(merchant)).toBe(callbackUrl);
    expect(logger.ours('log')).toEqual([expect.stringContaining(`${callbackUrl}: created`)]);
  });

  it('is tried again until it succeeds; the app is up meanwhile', async () => {
    const simulator = await startSimulator(merchant);
    simulator.injectFaults(BROKEN);
    const { logger } = await startClient({ ...simulator.moduleOptions(merchant), callbackUrl });
    await until(() => logger.ours('log').length > 0);
    expect(simulator.registeredUrl(merchant)).toBe(callbackUrl);
    expect(logger.ours('error')).toEqual([
      expect.stringMatching(/not registered, trying again in \d+ ms: .*SYSTEM_ERROR/),
    ]);
  });

  it('does not keep the app from starting, nor from stopping, while WeChat Pay is away', async () => {
    const { logger, close } = await startClient({
      ...merchant.options,
      baseUrls: [await closedPort()],
      callbackUrl,
    });
    await until(() => logger.ours('error').length > 0);
    await close();
    expect(logger.ours('error')).toHaveLength(1);
  });

  it('ends a request that hangs when the app stops, without a word', async () => {
    const simulator = await startSimulator(merchant);
    simulator.injectFaults('hang');
    const { logger, close } = await startClient({
      ...simulator.moduleOptions(merchant),
      callbackUrl,
    });
    await until(() => simulator.requests.length === 1);
    await close();
    expect(logger.ours()).toEqual([]);
  });

  it('breaks nothing when twenty instances start together', async () => {
    const simulator = await startSimulator(merchant);
    const options = { ...simulator.moduleOptions(merchant), callbackUrl };
    const clients = await Promise.all(Array.from({ length: 20 }, () => startClient(options)));
    // Nest has one logger for the whole process: the lines of all may be in any of them.
    const lines = (level: 'log' | 'error'): string[] =>
      clients.flatMap(({ logger }) => logger.ours(level));
    await until(() => lines('log').length === 20);
    expect(simulator.registeredUrl(merchant)).toBe(callbackUrl);
    expect(lines('log').filter((line) => line.includes(': created'))).toHaveLength(1);
    expect(lines('log').filter((line) => line.includes(': unchanged'))).toHaveLength(19);
    expect(lines('error')).toEqual([]);
  });
});
