import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ConfigModule, ConfigService } from '@nestjs/config';
import { Test } from '@nestjs/testing';
import { ComplaintNotificationService, WechatPayComplaintModule } from 'nestjs-wechatpay-complaint';
import { wechatPayComplaintConfig } from 'nestjs-wechatpay-complaint/config';
import {
  createTestMerchant,
  type TestMerchant,
  WechatPaySimulator,
} from 'nestjs-wechatpay-complaint/testing';
import { firstValueFrom } from 'rxjs';
import { RecordingLogger } from '../../support/recording-logger.js';

/** A `.env` as an app has it in production, with everything that the config factory reads. */
const PRODUCTION = `
WECHATPAY_MCHID=1230000109
WECHATPAY_SERIAL=5157F09EFDC096DE15EBE81A47057A7232F1B8E1
WECHATPAY_PRIVATE_KEY_PATH=/run/secrets/apiclient_key.pem
WECHATPAY_API_V3_KEY=0123456789abcdef0123456789abcdef
WECHATPAY_PUBLIC_KEY_ID=PUB_KEY_ID_0112300001092024120600000000000000
WECHATPAY_PUBLIC_KEY_PATH=/run/secrets/pub_key.pem
WECHATPAY_PLATFORM_CERTIFICATE_PATH=/run/secrets/platform.pem
WECHATPAY_DOWNLOAD_CERTIFICATES=false
WECHATPAY_REFRESH_INTERVAL=60000
WECHATPAY_BASE_URLS=https://api.mch.weixin.qq.com
WECHATPAY_CALLBACK_URL=https://shop.example.com/wechatpay/complaints
WECHATPAY_TIMEOUT=1
WECHATPAY_CLOCK_TOLERANCE=1
`;

describe('The environment of a test merchant, beside a .env of production', () => {
  const original = process.env;
  let folder: string;
  let envFilePath: string;
  let merchant: TestMerchant;
  let simulator: WechatPaySimulator;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'wechatpay-complaint-'));
    envFilePath = join(folder, '.env');
    await writeFile(envFilePath, PRODUCTION);
    merchant = await createTestMerchant();
    simulator = await WechatPaySimulator.start({ merchants: [merchant] });
  });
  beforeEach(() => {
    process.env = { ...original };
  });
  afterEach(() => {
    process.env = original;
  });
  afterAll(async () => {
    await simulator.stop();
    await rm(folder, { recursive: true });
  });

  async function startApp(): Promise<{ service: ComplaintNotificationService; config: unknown }> {
    const testing = await Test.createTestingModule({
      imports: [
        ConfigModule.forRoot({ envFilePath }),
        WechatPayComplaintModule.forRootAsync(wechatPayComplaintConfig.asProvider()),
      ],
    })
      .setLogger(new RecordingLogger())
      .compile();
    await testing.init();
    const config: unknown = testing.get(ConfigService).get('WECHATPAY_BASE_URLS');
    return { service: testing.get(ComplaintNotificationService), config };
  }

  it('wins: calls reach the simulator, and nothing of the file is used', async () => {
    Object.assign(process.env, simulator.environment(merchant));
    simulator.setRegisteredUrl(merchant, 'https://shop.example.com/registered');

    const { service, config } = await startApp();

    await expect(firstValueFrom(service.get())).resolves.toEqual({
      mchid: merchant.mchid,
      url: 'https://shop.example.com/registered',
    });
    expect(config).toBe(simulator.url);
    expect(wechatPayComplaintConfig()).toMatchObject({
      mchid: merchant.mchid,
      baseUrls: [simulator.url],
      callbackUrl: undefined,
      timeout: undefined,
      clockTolerance: undefined,
    });
    // No registration at startup: there is the call of this test alone.
    expect(simulator.requests).toHaveLength(1);
  });

  it('reaches nobody when there is no simulator', async () => {
    Object.assign(process.env, merchant.environment);

    const { service } = await startApp();

    await expect(firstValueFrom(service.get())).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('is needed: without it the file is read, and its paths are', async () => {
    await expect(startApp()).rejects.toThrow('WECHATPAY_PRIVATE_KEY_PATH');
  });
});
