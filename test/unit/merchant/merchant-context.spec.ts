import { afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type {
  NotificationStore,
  WechatPayComplaintModuleOptions,
} from 'nestjs-wechatpay-complaint';
import {
  createTestCertificate,
  createTestMerchant,
  type TestMerchant,
  type TestPlatformKey,
} from 'nestjs-wechatpay-complaint/testing';
import { WechatPayConfigurationError } from '../../../lib/errors/wechatpay-configuration.error.js';
import { createHttpService } from '../../../lib/http/http-service.js';
import { MerchantContext } from '../../../lib/merchant/merchant-context.js';
import { MemoryNotificationStore } from '../../../lib/stores/memory-notification-store.js';
import { closeAll, startBench } from '../../support/client-bench.js';
import { RecordingLogger } from '../../support/recording-logger.js';

let merchant: TestMerchant;
let expired: TestPlatformKey;
let logger: RecordingLogger;
const opened: MerchantContext[] = [];

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
  for (const context of opened.splice(0)) await context.close();
  await closeAll();
});

async function create(
  overrides: Partial<WechatPayComplaintModuleOptions> = {},
): Promise<MerchantContext> {
  const options = { ...merchant.options, ...overrides };
  const context = await MerchantContext.create(options, createHttpService());
  opened.push(context);
  return context;
}

class ClosableStore extends MemoryNotificationStore implements NotificationStore {
  readonly close = jest.fn<() => Promise<void>>(() => Promise.resolve());
}

describe('MerchantContext', () => {
  describe('at startup', () => {
    it.each<[string, () => Partial<WechatPayComplaintModuleOptions>, () => string]>([
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

  describe('the store', () => {
    it('is a MemoryNotificationStore by default', async () => {
      expect((await create()).store).toBeInstanceOf(MemoryNotificationStore);
    });

    it('is that of the options, or none', async () => {
      const store = new ClosableStore();

      expect((await create({ store })).store).toBe(store);
      expect((await create({ store: false })).store).toBeUndefined();
    });

    it('is closed on shutdown', async () => {
      const store = new ClosableStore();
      await (await create({ store })).close();

      expect(store.close).toHaveBeenCalledTimes(1);
    });

    it('is closed when the options are faulty', async () => {
      const store = new ClosableStore();

      await expect(create({ store, timeout: 0 })).rejects.toBeInstanceOf(
        WechatPayConfigurationError,
      );
      expect(store.close).toHaveBeenCalledTimes(1);
    });

    it('does not hide faulty options when it cannot be closed', async () => {
      const store = new ClosableStore();
      store.close.mockRejectedValue(new Error('connection lost'));

      await expect(create({ store, timeout: 0 })).rejects.toBeInstanceOf(
        WechatPayConfigurationError,
      );
    });

    it.each<[string, () => Promise<void>, string]>([
      [
        'rejects',
        () => Promise.reject(new Error('connection lost')),
        'The notification store could not be closed: connection lost',
      ],
      [
        'throws',
        () => {
          throw new Error('connection lost');
        },
        'The notification store could not be closed: connection lost',
      ],
      [
        'never settles',
        () => new Promise<void>(() => undefined),
        'The notification store has not closed within 1000 ms.',
      ],
    ])('does not hold up a shutdown when its close %s', async (_how, close, line) => {
      const store = new ClosableStore();
      store.close.mockImplementation(close);

      await (await create({ store })).close();

      expect(logger.ours('warn')).toEqual([expect.stringContaining(line)]);
    });
  });

  it.each([undefined, null])('reports options that are %s', async (none) => {
    await expect(MerchantContext.create(none, createHttpService())).rejects.toThrow(
      'options are missing',
    );
  });
});
