import { afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { NotificationStore, SingleMerchantOptions } from 'nestjs-wechatpay-complaint';
import { createTestMerchant, type TestMerchant } from 'nestjs-wechatpay-complaint/testing';
import { WechatPayConfigurationError } from '../../../lib/errors/wechatpay-configuration.error.js';
import { AppContext } from '../../../lib/merchant/app-context.js';
import { MemoryNotificationStore } from '../../../lib/stores/memory-notification-store.js';
import { RecordingLogger } from '../../support/recording-logger.js';

let merchant: TestMerchant;
let logger: RecordingLogger;
const opened: AppContext[] = [];

beforeAll(async () => {
  merchant = await createTestMerchant();
});
beforeEach(() => {
  logger = new RecordingLogger();
  Logger.overrideLogger(logger);
});
afterEach(async () => {
  for (const context of opened.splice(0)) await context.close();
});

async function create(overrides: Partial<SingleMerchantOptions> = {}): Promise<AppContext> {
  const context = await AppContext.create({ ...merchant.options, ...overrides });
  opened.push(context);
  return context;
}

class ClosableStore extends MemoryNotificationStore implements NotificationStore {
  readonly close = jest.fn<() => Promise<void>>(() => Promise.resolve());
}

describe('AppContext', () => {
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
    await expect(AppContext.create(none)).rejects.toThrow('options are missing');
  });
});
