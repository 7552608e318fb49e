import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type {
  MerchantOptions,
  SingleMerchantOptions,
  WechatPayComplaintModuleOptions,
} from 'nestjs-wechatpay-complaint';
import {
  createTestCertificate,
  createTestMerchant,
  type TestMerchant,
  type TestPlatformKey,
} from 'nestjs-wechatpay-complaint/testing';
import { createHttpService } from '../../../lib/http/http-service.js';
import { AppContext } from '../../../lib/merchant/app-context.js';
import { MerchantRegistry } from '../../../lib/merchant/merchant-registry.js';
import { closeAll, downloadsOf, startBench, startSimulator } from '../../support/client-bench.js';
import { RecordingLogger } from '../../support/recording-logger.js';

let merchant: TestMerchant;
let expired: TestPlatformKey;
let logger: RecordingLogger;
const opened: MerchantRegistry[] = [];

beforeAll(async () => {
  [merchant, expired] = await Promise.all([
    createTestMerchant(),
    createTestCertificate({
      notBefore: new Date('2020-01-23T10:13:30Z'),
      notAfter: new Date('2025-01-23T10:13:30Z'),
    }),
  ]);
});
beforeEach(() => {
  logger = new RecordingLogger();
  Logger.overrideLogger(logger);
});
afterEach(async () => {
  for (const merchants of opened.splice(0)) merchants.close();
  await closeAll();
});

async function open(options: WechatPayComplaintModuleOptions): Promise<MerchantRegistry> {
  const merchants = new MerchantRegistry(await AppContext.create(options), createHttpService());
  opened.push(merchants);
  return merchants;
}

function create(overrides: Partial<SingleMerchantOptions> = {}): Promise<MerchantRegistry> {
  return open({ ...merchant.options, ...overrides });
}

describe('MerchantRegistry', () => {
  describe('at startup', () => {
    it.each<[string, () => Partial<SingleMerchantOptions>, () => string]>([
      ['public-key mode', () => ({}), () => `public key ${merchant.publicKey.id}`],
      [
        'certificates that are downloaded',
        () => ({ platformKeys: undefined, platformCertificates: { download: true } }),
        () => 'platform certificates (downloaded when needed)',
      ],
      [
        'a certificate of the options',
        () => ({
          platformKeys: { [merchant.platformCertificate.id]: merchant.platformCertificate.pem },
        }),
        () => `platform certificates (${merchant.platformCertificate.id} from platformKeys)`,
      ],
      [
        'a migration',
        () => ({ platformCertificates: { download: true } }),
        () =>
          'migration from platform certificates (downloaded when needed) to public key ' +
          merchant.publicKey.id,
      ],
    ])('logs the key mode once: %s', async (_mode, overrides, text) => {
      await create(overrides());

      expect(logger.lines).toEqual([
        {
          level: 'log',
          text: `Key mode of merchant ${merchant.mchid}: ${text()} WechatPayComplaint`,
        },
      ]);
    });

    it('logs the key mode in an app', async () => {
      const bench = await startBench(merchant);

      expect(bench.logger.keyModes()).toHaveLength(1);
    });

    it('warns about an expired certificate beside a valid key', async () => {
      await create({
        platformKeys: { ...merchant.options.platformKeys, [expired.id]: expired.pem },
      });

      expect(logger.ours()).toEqual([
        expect.stringContaining(
          `Options of merchant ${merchant.mchid}: platformKeys['${expired.id}'] holds a ` +
            'certificate that expired on 2025-01-23T10:13:30.000Z. Remove it',
        ),
      ]);
      expect(logger.ours('warn')).toHaveLength(1);
    });
  });

  describe('with several merchants', () => {
    /** Merchants with the keys of one, so that not each of them has to be made. */
    const manyOf = (
      { merchantOptions: options }: TestMerchant,
      count: number,
    ): readonly MerchantOptions[] =>
      Array.from({ length: count }, (_, index) => ({
        ...options,
        mchid: String(1_900_000_000 + index),
        apiV3Key: String(index).padStart(32, '0'),
      }));

    it('logs one line for all, and the key mode of each one for debugging', async () => {
      await open({ merchants: manyOf(merchant, 3) });

      expect(logger.ours()).toEqual([
        expect.stringMatching(/^3 merchants, 0 of them with certificates that are downloaded/),
      ]);
      expect(logger.keyModes()).toHaveLength(3);
    });

    it('warns about what is expired, by merchant', async () => {
      const platformKeys = { ...merchant.options.platformKeys, [expired.id]: expired.pem };
      const [first, ...others] = manyOf(merchant, 3);
      if (!first) throw new Error('There is no merchant.');
      await open({ merchants: [{ ...first, platformKeys }, ...others] });

      expect(logger.ours('warn')).toEqual([
        expect.stringContaining('Options of merchant 1900000000: platformKeys'),
      ]);
    });

    it('has each of a thousand by its id', async () => {
      const registry = await open({ merchants: manyOf(merchant, 1000) });

      expect(registry.list()).toHaveLength(1000);
      const found = await registry.acquire('1900000999', 0);
      expect(found.mchid).toBe('1900000999');
      expect(() => registry.acquire('1900001000', 0)).toThrow(
        'This app has no merchant 1900001000',
      );
    });

    it('downloads first certificates once, a few at a time, whoever asks', async () => {
      const inCertificateMode = await createTestMerchant({ mode: 'certificate' });
      let [running, most] = [0, 0];
      const simulator = await startSimulator(inCertificateMode, {
        onRequest: async () => {
          running += 1;
          most = Math.max(most, running);
          await delay(20);
          running -= 1;
        },
      });
      const { mchid, apiV3Key } = inCertificateMode;
      const own = { ...simulator.merchantOptions(inCertificateMode), mchid, apiV3Key };
      // The simulator knows one of them; the others fail, and follow their own schedule.
      const others = manyOf(inCertificateMode, 20).map((options) => ({
        ...options,
        baseUrls: [simulator.url],
      }));
      const registry = await open({ merchants: [own, ...others], retry: false });
      await Promise.all([1, 2, 3].map(() => registry.downloadFirstCertificates()));

      expect(downloadsOf(simulator)).toHaveLength(21);
      expect(most).toBeLessThanOrEqual(8);
      const [found] = registry.bySerial?.find(inCertificateMode.platformCertificate.id) ?? [];
      expect(found?.size).toBe(1);
      await registry.downloadFirstCertificates();
      expect(downloadsOf(simulator)).toHaveLength(21);
    });
  });
});
