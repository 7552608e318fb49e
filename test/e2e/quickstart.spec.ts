import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ComplaintNotificationService } from 'nestjs-wechatpay-complaint';
import {
  createTestMerchant,
  type TestMerchant,
  WechatPaySimulator,
} from 'nestjs-wechatpay-complaint/testing';
import { firstValueFrom } from 'rxjs';
import { AppModule } from '../../sample/01-quickstart/app.module.js';
import { ADAPTERS, closeApps, startApp } from '../support/start-app.js';

describe('The app of sample/01-quickstart', () => {
  const environment = { ...process.env };
  let merchant: TestMerchant;
  let simulator: WechatPaySimulator;

  beforeAll(async () => {
    merchant = await createTestMerchant();
    simulator = await WechatPaySimulator.start({ merchants: [merchant] });
    Object.assign(process.env, merchant.environment, { WECHATPAY_BASE_URLS: simulator.url });
  });
  afterAll(async () => {
    process.env = environment;
    await closeApps();
    await simulator.stop();
  });

  it.each(ADAPTERS)('registers its URL and handles what is sent to it, on %s', async (adapter) => {
    const { app, url, logger } = await startApp({ adapter, imports: [AppModule] });
    simulator.mapHost('shop.example.com', url);
    const notifications = app.get(ComplaintNotificationService, { strict: false });
    await firstValueFrom(
      notifications.ensure({ url: 'https://shop.example.com/wechatpay/complaints' }),
    );
    const delivery = await simulator.notify(merchant, { complaint: { complaint_id: 'C-5' } });
    expect(delivery).toMatchObject({ accepted: true, attempts: [{ status: 204, body: '' }] });
    expect(logger.text).toContain('New complaint C-5');
    const forged = await simulator.notify(merchant, { kind: 'tampered' });
    expect(forged).toMatchObject({ accepted: false, attempts: [{ status: 401 }] });
  });
});
