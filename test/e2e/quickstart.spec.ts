import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  createTestMerchant,
  type TestMerchant,
  WechatPaySimulator,
} from 'nestjs-wechatpay-complaint/testing';
import { AppModule } from '../../sample/01-quickstart/app.module.js';
import { ADAPTERS, closeApps, startApp } from '../support/start-app.js';
import { until } from '../support/until.js';

const CALLBACK_URL = 'https://shop.example.com/wechatpay/complaints';

describe('The app of sample/01-quickstart', () => {
  const environment = { ...process.env };
  let merchant: TestMerchant;
  let simulator: WechatPaySimulator;

  beforeAll(async () => {
    merchant = await createTestMerchant();
    simulator = await WechatPaySimulator.start({ merchants: [merchant] });
    Object.assign(process.env, simulator.environment(merchant), {
      WECHATPAY_CALLBACK_URL: CALLBACK_URL,
    });
  });
  afterEach(async () => {
    await closeApps();
    simulator.setRegisteredUrl(merchant, undefined);
  });
  afterAll(async () => {
    process.env = environment;
    await simulator.stop();
  });

  it.each(ADAPTERS)('registers its URL and handles what is sent to it, on %s', async (adapter) => {
    const { url, logger } = await startApp({ adapter, imports: [AppModule] });
    simulator.mapHost('shop.example.com', url);
    await until(() => simulator.registeredUrl(merchant) === CALLBACK_URL);

    const { complaint, delivery } = await simulator.complain(merchant);
    const forged = await simulator.notify(merchant, { kind: 'tampered' });

    expect(delivery).toMatchObject({ accepted: true, attempts: [{ status: 204, body: '' }] });
    expect(logger.text).toContain(`New complaint ${complaint.complaint_id}`);
    expect(forged).toMatchObject({ accepted: false, attempts: [{ status: 401 }] });
  });
});
