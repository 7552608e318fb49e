import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { NotificationClaim, NotificationStore } from 'nestjs-wechatpay-complaint';
import { NotificationLease } from '../../../lib/notifications/notification-lease.js';
import { ControlledStore } from '../../support/controlled-store.js';
import { type Deferred, deferred } from '../../support/deferred.js';
import { RecordingLogger } from '../../support/recording-logger.js';

const KEY = { mchid: '1900000109', id: 'EV-1' };
const SETTINGS = { lease: 3000, retention: 60_000, handlerLimit: 100_000 };

let recording: RecordingLogger;
let store: ControlledStore;

beforeEach(() => {
  jest.useFakeTimers();
  recording = new RecordingLogger();
  Logger.overrideLogger(recording);
  store = new ControlledStore();
});
afterEach(() => {
  jest.useRealTimers();
  Logger.overrideLogger(false);
});

function claim(
  settings: Partial<typeof SETTINGS> = {},
  from: NotificationStore = store,
): Promise<NotificationLease | 'in-progress' | 'done'> {
  const logger = new Logger('WechatPayComplaint');
  return NotificationLease.claim(from, KEY, { ...SETTINGS, ...settings }, logger);
}

async function claimed(settings?: Partial<typeof SETTINGS>): Promise<NotificationLease> {
  const lease = await claim(settings);
  if (!(lease instanceof NotificationLease)) throw new Error(`The claim was ${lease}.`);
  return lease;
}

/** Whether a promise has settled, without waiting for timers. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  const settle = (): void => {
    settled = true;
  };
  promise.then(settle, settle);
  await jest.advanceTimersByTimeAsync(0);
  return settled;
}

function renewals(): number {
  return store.arrived.filter((call) => call === 'renew').length;
}

describe('NotificationLease.claim', () => {
  it('is in progress until the lease is completed, and done afterwards', async () => {
    const lease = await claimed();
    await expect(claim()).resolves.toBe('in-progress');
    await lease.complete();
    await expect(claim()).resolves.toBe('done');
    expect(jest.getTimerCount()).toBe(0);
  });

  it('rejects with the error of the store', async () => {
    store.failing.add('claim');
    await expect(claim()).rejects.toThrow('the store is away');
    store.claim = () => {
      throw new Error('not even a promise');
    };
    await expect(claim()).rejects.toThrow('not even a promise');
  });

  it.each<[unknown, string]>([
    [{ state: 'claimed' }, 'with the state "claimed" but without a token'],
    [{ state: 'claimed', token: null }, 'with the state "claimed" but without a token'],
    [{ state: 'claimed', token: 7 }, 'with the state "claimed" but without a token'],
    [{ state: 'CLAIMED', token: 't' }, 'without one of the documented states'],
    [{}, 'without one of the documented states'],
    [null, 'without one of the documented states'],
    [undefined, 'without one of the documented states'],
    ['claimed', 'without one of the documented states'],
  ])('rejects when the store resolves %j', async (value, message) => {
    store.claim = () => Promise.resolve(value as NotificationClaim);
    await expect(claim()).rejects.toThrow(`it resolved a claim ${message}.`);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('accepts an empty token', async () => {
    store.claim = () => Promise.resolve({ state: 'claimed', token: '' });
    await expect(claim()).resolves.toBeInstanceOf(NotificationLease);
  });
});

describe('A lease', () => {
  it('is renewed three times before it would lapse, for as long as it is held', async () => {
    const lease = await claimed();
    await jest.advanceTimersByTimeAsync(10 * SETTINGS.lease);
    expect(renewals()).toBe(30);
    await expect(claim()).resolves.toBe('in-progress');
    await lease.release();
    await jest.advanceTimersByTimeAsync(10 * SETTINGS.lease);
    expect(renewals()).toBe(30);
  });

  it('survives two renewals that fail, each with a warning', async () => {
    await claimed();
    store.failing.add('renew');
    await jest.advanceTimersByTimeAsync(2000);
    store.failing.clear();
    await jest.advanceTimersByTimeAsync(5000);
    await expect(claim()).resolves.toBe('in-progress');
    expect(recording.problems()).toEqual([
      'The lease of notification EV-1 could not be renewed: the store is away WechatPayComplaint',
      'The lease of notification EV-1 could not be renewed: the store is away WechatPayComplaint',
    ]);
  });

  it('is no longer renewed once another process has it', async () => {
    const lease = await claimed();
    store.renew = () => Promise.resolve(false);
    await jest.advanceTimersByTimeAsync(1000);
    expect(jest.getTimerCount()).toBe(0);
    store.complete = () => Promise.resolve(false);
    await lease.complete();
    expect(recording.problems()).toEqual([
      expect.stringContaining(
        'Notification EV-1 was handled, but its lease had lapsed and another process had taken it over, so it may ' +
          'have been handled twice.',
      ),
    ]);
  });

  it('is not renewed beyond handlerLimit, with one error line', async () => {
    await claimed({ handlerLimit: 4500 });
    await jest.advanceTimersByTimeAsync(4999);
    expect(renewals()).toBe(4);
    expect(recording.problems()).toEqual([]);
    await jest.advanceTimersByTimeAsync(10_000);
    expect(renewals()).toBe(4);
    expect(recording.ours('error')).toEqual([
      'The handler of notification EV-1 has been running for 4500 ms (handlerLimit). Its lease is no longer ' +
        'renewed, so a redelivery will run the handler again. Find out why the handler does not finish, or raise ' +
        'handlerLimit. WechatPayComplaint',
    ]);
    await expect(claim()).resolves.toBeInstanceOf(NotificationLease);
  });

  it('lapses once renewing is stopped', async () => {
    const lease = await claimed();
    lease.stopRenewing();
    await jest.advanceTimersByTimeAsync(SETTINGS.lease);
    expect(renewals()).toBe(0);
    await expect(claim()).resolves.toBeInstanceOf(NotificationLease);
  });

  it.each(['complete', 'release'] as const)(
    'waits for a renewal in flight before %s',
    async (method) => {
      const renewal: Deferred<undefined> = deferred();
      store.waitFor.set('renew', renewal.promise);
      const lease = await claimed();
      await jest.advanceTimersByTimeAsync(1000);
      const ending = lease[method]();
      await expect(isSettled(ending)).resolves.toBe(false);
      expect(store.arrived).toEqual(['claim', 'renew']);
      renewal.resolve(undefined);
      await ending;
      expect(store.done).toEqual(['claim', 'renew', method]);
    },
  );

  it('waits for all renewals in flight, in whatever order the store carries them out', async () => {
    const first: Deferred<undefined> = deferred();
    const second: Deferred<undefined> = deferred();
    const lease = await claimed();
    store.waitFor.set('renew', first.promise);
    await jest.advanceTimersByTimeAsync(1000);
    store.waitFor.set('renew', second.promise);
    await jest.advanceTimersByTimeAsync(1000);
    const ending = lease.release();
    second.resolve(undefined);
    await expect(isSettled(ending)).resolves.toBe(false);
    first.resolve(undefined);
    await ending;
    expect(store.done).toEqual(['claim', 'renew', 'renew', 'release']);
    await expect(claim()).resolves.toBeInstanceOf(NotificationLease);
  });

  it('waits for a renewal that never ends only as long as a lease lasts', async () => {
    store.waitFor.set('renew', new Promise(() => undefined));
    const lease = await claimed();
    await jest.advanceTimersByTimeAsync(1000);
    const ending = lease.release();
    await jest.advanceTimersByTimeAsync(SETTINGS.lease - 1);
    await expect(isSettled(ending)).resolves.toBe(false);
    await jest.advanceTimersByTimeAsync(1);
    await ending;
    expect(store.done).toEqual(['claim', 'release']);
  });

  it('rejects when it cannot be completed, and can be completed later', async () => {
    const lease = await claimed();
    store.failing.add('complete');
    await expect(lease.complete()).rejects.toThrow('the store is away');
    store.failing.clear();
    await lease.complete();
    await expect(claim()).resolves.toBe('done');
  });

  it('warns when it cannot be released, and does not reject', async () => {
    const lease = await claimed();
    store.failing.add('release');
    await lease.release();
    expect(recording.problems()).toEqual([
      'The lease of notification EV-1 could not be released, so a redelivery is handled only after the lease has ' +
        'lapsed: the store is away WechatPayComplaint',
    ]);
  });
});
