import { createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import {
  createTestCertificate,
  createTestMerchant,
  signNotificationBody,
  type TestMerchant,
  type TestPlatformKey,
} from 'nestjs-wechatpay-complaint/testing';
import {
  type CertificateListResponse,
  type FetchCertificates,
  PlatformCertificates,
} from '../../../lib/keys/platform-certificates.js';
import { deferred } from '../../support/deferred.js';
import { listed } from '../../support/client-certificates.js';
import { RecordingLogger } from '../../support/recording-logger.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Time stands still but for what a test lets pass; nothing else is pretended. */
function stopTheClock(): void {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
}

/** Lets time pass, and what it has set off come to its end. */
async function pass(milliseconds: number): Promise<void> {
  await jest.advanceTimersByTimeAsync(milliseconds);
  await setImmediate();
}

describe('PlatformCertificates', () => {
  let merchant: TestMerchant;
  let current: TestPlatformKey;
  let next: TestPlatformKey;
  let shortLived: TestPlatformKey;
  let logger: RecordingLogger;
  const opened: PlatformCertificates[] = [];

  beforeAll(async () => {
    merchant = await createTestMerchant({ mode: 'certificate' });
    current = merchant.platformCertificate;
    next = await createTestCertificate();
    shortLived = await createTestCertificate({ notAfter: new Date(Date.now() + 2 * DAY) });
  });
  beforeEach(() => {
    logger = new RecordingLogger();
    Logger.overrideLogger(logger);
  });
  afterEach(() => {
    for (const certificates of opened.splice(0)) certificates.stop();
    jest.useRealTimers();
  });

  /** What WeChat Pay would answer now; the last certificate signs unless another is to. */
  function answer(certificates: TestPlatformKey[], signWith = certificates.at(-1)) {
    const data = certificates.map((certificate) => listed(certificate, merchant.apiV3Key));
    const body = Buffer.from(JSON.stringify({ data }));
    const headers = Object.fromEntries(
      Object.entries(signNotificationBody(merchant, body, { signWith })).map(([name, value]) => [
        name.toLowerCase(),
        value,
      ]),
    );
    return Promise.resolve({ headers, body });
  }

  /** The same, with a signature that is there to see whether it is looked at. */
  async function probed(certificates: TestPlatformKey[]) {
    const { headers, body } = await answer(certificates);
    return { headers: { ...headers, 'wechatpay-signature': 'WECHATPAY/SIGNTEST/x' }, body };
  }

  function open(
    fetch: FetchCertificates,
    findPinned: (serial: string) => KeyObject | undefined = () => undefined,
  ) {
    const spy = jest.fn(fetch);
    const certificates = new PlatformCertificates({
      fetch: spy,
      findPinned,
      apiV3Key: createSecretKey(Buffer.from(merchant.apiV3Key)),
      clockTolerance: 300,
      refreshInterval: 12 * HOUR,
      unknownSerialCooldown: MINUTE,
    });
    opened.push(certificates);
    return { certificates, fetch: spy };
  }

  const isKnown = (certificates: PlatformCertificates, { id }: TestPlatformKey): boolean =>
    certificates.find(id) !== undefined;

  describe('the interval', () => {
    it('begins with the first download, not before', async () => {
      stopTheClock();
      const { certificates, fetch } = open(() => answer([current]));
      expect(jest.getTimerCount()).toBe(0);

      await certificates.refresh();

      expect(fetch).toHaveBeenCalledTimes(1);
      expect(jest.getTimerCount()).toBe(1);
    });

    it.each([
      ['12 hours', 0, 12 * HOUR],
      ['a tenth less, as chance will have it', 1, 0.9 * 12 * HOUR],
    ])('brings one download after another after %s', async (_name, chance, interval) => {
      stopTheClock();
      jest.spyOn(Math, 'random').mockReturnValue(chance);
      const { certificates, fetch } = open(() => answer([current]));
      await certificates.refresh();

      for (const times of [1, 2, 3]) {
        await pass(interval - 1);
        expect(fetch).toHaveBeenCalledTimes(times);
        await pass(1);
        expect(fetch).toHaveBeenCalledTimes(times + 1);
      }
    });

    it('goes on after a download that failed', async () => {
      stopTheClock();
      const { certificates, fetch } = open(() => Promise.reject(new Error('no network')));
      await certificates.refresh();
      fetch.mockImplementation(() => answer([current]));

      await pass(12 * HOUR);

      expect(fetch).toHaveBeenCalledTimes(2);
      expect(isKnown(certificates, current)).toBe(true);
    });

    it('differs by chance, so that many instances do not ask at once', async () => {
      const timers = jest.spyOn(globalThis, 'setTimeout');
      for (let i = 0; i < 8; i += 1) await open(() => answer([current])).certificates.refresh();

      const delays = timers.mock.calls.map(([, delay]) => delay ?? 0);
      expect(delays).toHaveLength(8);
      expect(new Set(delays).size).toBeGreaterThan(1);
      expect(Math.min(...delays)).toBeGreaterThan(0.9 * 12 * HOUR - 1);
      expect(Math.max(...delays)).toBeLessThanOrEqual(12 * HOUR);
    });

    it('does not keep the process alive', async () => {
      const timers = jest.spyOn(globalThis, 'setTimeout');
      await open(() => answer([current])).certificates.refresh();

      expect(timers).toHaveBeenCalledTimes(1);
      expect((timers.mock.results[0]?.value as NodeJS.Timeout).hasRef()).toBe(false);
    });
  });

  describe('an unknown serial', () => {
    it('causes a download, and not another one within the cooldown after it', async () => {
      stopTheClock();
      const { certificates, fetch } = open(() => answer([current]));
      await certificates.refreshForUnknownSerial();
      expect(fetch).toHaveBeenCalledTimes(1);

      jest.advanceTimersByTime(MINUTE - 1);
      for (let i = 0; i < 10; i += 1) await certificates.refreshForUnknownSerial();
      expect(fetch).toHaveBeenCalledTimes(1);

      jest.advanceTimersByTime(1);
      for (let i = 0; i < 10; i += 1) await certificates.refreshForUnknownSerial();
      expect(fetch).toHaveBeenCalledTimes(2);
    });

    it('has the same cooldown after a download that failed', async () => {
      stopTheClock();
      const { certificates, fetch } = open(() => Promise.reject(new Error('no network')));
      for (let i = 0; i < 10; i += 1) await certificates.refreshForUnknownSerial();

      expect(fetch).toHaveBeenCalledTimes(1);
      expect(logger.ours('error')).toHaveLength(1);
    });

    it('waits for the download that is running', async () => {
      const pending = deferred<CertificateListResponse>();
      const { certificates, fetch } = open(() => pending.promise);
      const waiting = Promise.all(
        [1, 2, 3].map(async () => {
          await certificates.refreshForUnknownSerial();
          return isKnown(certificates, current);
        }),
      );
      pending.resolve(await answer([current]));

      expect(await waiting).toEqual([true, true, true]);
      expect(fetch).toHaveBeenCalledTimes(1);
    });

    it('waits for a download of the interval even within the cooldown', async () => {
      const pending = deferred<CertificateListResponse>();
      const { certificates, fetch } = open(() => answer([current]));
      await certificates.refresh();
      fetch.mockImplementation(() => pending.promise);
      const running = certificates.refresh();
      const waiting = certificates
        .refreshForUnknownSerial()
        .then(() => isKnown(certificates, next));
      pending.resolve(await answer([current, next]));

      expect(await waiting).toBe(true);
      await running;
      expect(fetch).toHaveBeenCalledTimes(2);
    });
  });

  describe('stopping', () => {
    it('ends the timer', async () => {
      stopTheClock();
      const { certificates } = open(() => answer([current]));
      await certificates.refresh();

      certificates.stop();

      expect(jest.getTimerCount()).toBe(0);
    });

    it('ends a running download, which is no failure to log, and starts no timer', async () => {
      stopTheClock();
      const { certificates, fetch } = open(
        (signal) =>
          new Promise((_resolve, reject) => {
            signal.addEventListener('abort', () => {
              reject(new Error('aborted'));
            });
          }),
      );
      const running = certificates.refresh();

      certificates.stop();
      await running;

      expect(fetch.mock.calls[0]?.[0].aborted).toBe(true);
      expect(logger.lines).toEqual([]);
      expect(jest.getTimerCount()).toBe(0);
    });

    it('is for good', async () => {
      const { certificates, fetch } = open(() => answer([current]));
      certificates.stop();

      await certificates.refresh();
      await certificates.refreshForUnknownSerial();

      expect(fetch).not.toHaveBeenCalled();
    });
  });

  describe('a downloaded certificate', () => {
    it('is announced once', async () => {
      const { certificates } = open(() => answer([current]));
      await certificates.refresh();
      await certificates.refresh();

      expect(logger.ours()).toEqual([
        expect.stringContaining(`New platform certificates: ${current.id}`),
      ]);
    });

    it('stays when it is listed no longer', async () => {
      const { certificates, fetch } = open(() => answer([current]));
      await certificates.refresh();
      fetch.mockImplementation(() => answer([next]));
      await certificates.refresh();

      expect(isKnown(certificates, current)).toBe(true);
      expect(isKnown(certificates, next)).toBe(true);
    });

    it('is not used after its life time', async () => {
      stopTheClock();
      const { certificates } = open(() => answer([shortLived, current]));
      await certificates.refresh();
      expect(isKnown(certificates, shortLived)).toBe(true);

      jest.setSystemTime(Date.now() + 3 * DAY);

      expect(isKnown(certificates, shortLived)).toBe(false);
      expect(isKnown(certificates, current)).toBe(true);
    });

    it('is dropped after its life time', async () => {
      stopTheClock();
      const { certificates, fetch } = open(() => answer([shortLived, current]));
      await certificates.refresh();

      jest.setSystemTime(Date.now() + 3 * DAY);
      await certificates.refresh();
      fetch.mockImplementation(() => Promise.reject(new Error('no network')));
      await certificates.refresh();

      expect(logger.ours('error')).toEqual([expect.stringContaining('failed, 1 kept: no network')]);
    });

    it('is not even taken when it has expired before', async () => {
      stopTheClock();
      jest.setSystemTime(Date.now() + 3 * DAY);
      const { certificates } = open(() => answer([shortLived, current]));
      await certificates.refresh();

      expect(isKnown(certificates, shortLived)).toBe(false);
      expect(isKnown(certificates, current)).toBe(true);
    });
  });

  describe('a download', () => {
    it('may be signed by a certificate that is known, but listed no longer', async () => {
      const { certificates, fetch } = open(() => answer([current]));
      await certificates.refresh();
      fetch.mockImplementation(() => answer([next], current));
      await certificates.refresh();

      expect(isKnown(certificates, next)).toBe(true);
      expect(logger.ours('error')).toEqual([]);
    });

    it('may be signed by a key of the options, as during a migration', async () => {
      const pinned = createPublicKey(merchant.publicKey.pem);
      const { certificates } = open(
        () => answer([current], merchant.publicKey),
        (serial) => (serial === merchant.publicKey.id ? pinned : undefined),
      );
      await certificates.refresh();

      expect(isKnown(certificates, current)).toBe(true);
      expect(logger.ours('error')).toEqual([]);
    });

    it('that comes with a probe is repeated at once, and quietly', async () => {
      const { certificates, fetch } = open(() => answer([current]));
      fetch.mockImplementationOnce(() => probed([current]));
      await certificates.refresh();

      expect(fetch).toHaveBeenCalledTimes(2);
      expect(isKnown(certificates, current)).toBe(true);
      expect(logger.ours('debug')).toEqual([expect.stringContaining('probe')]);
      expect(logger.ours('error')).toEqual([]);
    });

    it('that comes with one probe after the other is not repeated forever', async () => {
      const { certificates, fetch } = open(() => probed([current]));
      await certificates.refresh();

      expect(fetch).toHaveBeenCalledTimes(2);
      expect(isKnown(certificates, current)).toBe(false);
      expect(logger.ours('error')).toHaveLength(1);
    });

    it.each<[string, () => Promise<CertificateListResponse>, string]>([
      [
        'is signed by a key that nothing vouches for',
        () => answer([current], next),
        'which it does not hold',
      ],
      ['lists nothing', () => answer([], current), 'the list is empty'],
      [
        'lists only what has expired',
        () => {
          jest.setSystemTime(Date.now() + 3 * DAY);
          return answer([shortLived]);
        },
        'which it does not hold',
      ],
      ['does not come', () => Promise.reject(new Error('no network')), 'no network'],
      ['does not come, and no Error says why', () => Promise.reject('so there'), 'so there'],
      [
        'was signed ten minutes ago',
        () => {
          const early = answer([current]);
          jest.setSystemTime(Date.now() + 10 * MINUTE);
          return early;
        },
        '600 s behind',
      ],
    ])('that %s changes nothing, and is logged once', async (_case, fetch, reason) => {
      stopTheClock();
      const { certificates } = open(fetch);

      await expect(certificates.refresh()).resolves.toBeUndefined();

      expect([current, next, shortLived].some((key) => isKnown(certificates, key))).toBe(false);
      expect(logger.ours()).toHaveLength(1);
      expect(logger.ours('error')).toEqual([
        expect.stringMatching(
          new RegExp(`^Downloading platform certificates failed, 0 kept: .*${reason}`),
        ),
      ]);
      expect(logger.text).not.toContain(merchant.apiV3Key);
    });
  });
});
