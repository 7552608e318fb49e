import { describe, expect, it } from '@jest/globals';
import { MemoryNotificationStore, type NotificationStore } from 'nestjs-wechatpay-complaint';
import { checkStore } from '../../../lib/health/store.health.js';

function storeWith(ping: NotificationStore['ping']): NotificationStore {
  return Object.assign(new MemoryNotificationStore(), { ping });
}

describe('checkStore', () => {
  it('asks the store', async () => {
    await expect(checkStore(new MemoryNotificationStore())).resolves.toEqual({
      value: 'reachable',
      problems: [],
    });
  });

  it('tells that there is none, and a store that cannot be asked', async () => {
    await expect(checkStore(undefined)).resolves.toEqual({ value: 'none', problems: [] });
    await expect(checkStore(storeWith(undefined))).resolves.toEqual({
      value: 'unknown',
      problems: [],
    });
  });

  it.each<[what: string, ping: () => Promise<void>, reason: string]>([
    ['rejects', () => Promise.reject(new Error('the store is away')), 'the store is away'],
    [
      'throws',
      () => {
        throw new Error('the store is closed');
      },
      'the store is closed',
    ],
    ['does not respond', () => new Promise(() => undefined), 'it did not respond within 2000 ms.'],
  ])('is down when the store %s', async (_what, ping, reason) => {
    await expect(checkStore(storeWith(ping))).resolves.toEqual({
      value: 'unreachable',
      problems: [
        {
          status: 'down',
          text: `The notification store cannot be reached, so notifications are deferred: ${reason}`,
        },
      ],
    });
  });
});
