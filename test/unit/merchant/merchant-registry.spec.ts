import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type {
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
import { closeAll, startBench } from '../../support/client-bench.js';
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
});
