import { createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import {
  createTestCertificate,
  createTestMerchant,
  type TestMerchant,
  type TestPlatformKey,
} from 'nestjs-wechatpay-complaint/testing';
import type {
  CertificateListResponse,
  FetchCertificates,
} from '../../../lib/keys/certificate-download.js';
import { PlatformCertificates } from '../../../lib/keys/platform-certificates.js';
import { WechatPayApiError } from '../../../lib/errors/wechatpay-api.error.js';
import { deferred } from '../../support/deferred.js';
import { listed, listResponse, signedList } from '../../support/client-certificates.js';
import { RecordingLogger } from '../../support/recording-logger.js';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Stops every clock; a test advances them. */
function stopTheClock(): void {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
}

/** Advances the clocks and waits for the work that this starts. */
async function pass(milliseconds: number): Promise<void> {
  await jest.advanceTimersByTimeAsync(milliseconds);
  await setImmediate();
}

/** Makes every pause as long as it can be. */
function withoutChance(): void {
  jest.spyOn(Math, 'random').mockReturnValue(1);
}

const noNetwork = (): Promise<never> => Promise.reject(new Error('no network'));

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

  /** The response of WeChat Pay at this moment. */
  function respond(
    certificates: TestPlatformKey[],
    signWith?: TestPlatformKey,
  ): Promise<CertificateListResponse> {
    return Promise.resolve(listResponse(merchant, certificates, signWith));
  }

  /** The same with a signature probe. */
  async function respondWithProbe(certificates: TestPlatformKey[]) {
    const { headers, body } = await respond(certificates);
    return { headers: { ...headers, 'wechatpay-signature': 'WECHATPAY/SIGNTEST/x' }, body };
  }

  function open(
    fetch: FetchCertificates,
    findPinned: (serial: string) => KeyObject | undefined = () => undefined,
  ) {
    const spy = jest.fn(fetch);
    const certificates = new PlatformCertificates({
      mchid: merchant.mchid,
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
      const { certificates, fetch } = open(() => respond([current]));
      expect(jest.getTimerCount()).toBe(0);

      await certificates.refresh();

      expect(fetch).toHaveBeenCalledTimes(1);
      expect(jest.getTimerCount()).toBe(1);
    });

    it.each([
      ['12 hours', 0, 12 * HOUR],
      ['a tenth less, depending on chance', 1, 0.9 * 12 * HOUR],
    ])('causes a download after %s, again and again', async (_name, chance, interval) => {
      stopTheClock();
      jest.spyOn(Math, 'random').mockReturnValue(chance);
      const { certificates, fetch } = open(() => respond([current]));
      await certificates.refresh();

      for (const times of [1, 2, 3]) {
        await pass(interval - 1);
        expect(fetch).toHaveBeenCalledTimes(times);
        await pass(1);
        expect(fetch).toHaveBeenCalledTimes(times + 1);
      }
    });

    it('continues after a failed download if there is a valid certificate', async () => {
      stopTheClock();
      const { certificates, fetch } = open(() => respond([current]));
      await certificates.refresh();
      fetch.mockImplementation(noNetwork);
      await certificates.refresh();
      fetch.mockImplementation(() => respond([current, next]));

      await pass(12 * HOUR);

      expect(fetch).toHaveBeenCalledTimes(3);
      expect(isKnown(certificates, next)).toBe(true);
    });

    it('is partly random, so that many instances do not download at once', async () => {
      const timers = jest.spyOn(globalThis, 'setTimeout');
      for (let i = 0; i < 8; i += 1) await open(() => respond([current])).certificates.refresh();

      const delays = timers.mock.calls.map(([, delay]) => delay ?? 0);
      expect(delays).toHaveLength(8);
      expect(new Set(delays).size).toBeGreaterThan(1);
      expect(Math.min(...delays)).toBeGreaterThan(0.9 * 12 * HOUR - 1);
      expect(Math.max(...delays)).toBeLessThanOrEqual(12 * HOUR);
    });

    it('does not keep the process alive', async () => {
      const timers = jest.spyOn(globalThis, 'setTimeout');
      await open(() => respond([current])).certificates.refresh();

      expect(timers).toHaveBeenCalledTimes(1);
      expect((timers.mock.results[0]?.value as NodeJS.Timeout).hasRef()).toBe(false);
    });
  });

  describe('a failed first download', () => {
    it('is retried after 1, 2, 4 ... seconds, and at least once per cooldown', async () => {
      stopTheClock();
      withoutChance();
      const { certificates, fetch } = open(noNetwork);
      await certificates.refresh();

      let times = 1;
      for (const pause of [1, 2, 4, 8, 16, 32, 60, 60, 60]) {
        await pass(pause * SECOND - 1);
        expect(fetch).toHaveBeenCalledTimes(times);
        await pass(1);
        times += 1;
        expect(fetch).toHaveBeenCalledTimes(times);
      }
    });

    it('is retried until it succeeds, and then follows the interval', async () => {
      stopTheClock();
      withoutChance();
      const { certificates, fetch } = open(noNetwork);
      await certificates.refresh();
      fetch.mockImplementation(() => respond([current]));

      await pass(SECOND);

      expect(isKnown(certificates, current)).toBe(true);
      await pass(HOUR);
      expect(fetch).toHaveBeenCalledTimes(2);
    });

    it('is retried after half of the pause at the earliest, depending on chance', async () => {
      stopTheClock();
      jest.spyOn(Math, 'random').mockReturnValue(0);
      const { certificates, fetch } = open(noNetwork);
      await certificates.refresh();

      await pass(SECOND / 2 - 1);
      expect(fetch).toHaveBeenCalledTimes(1);
      await pass(1);
      expect(fetch).toHaveBeenCalledTimes(2);
    });

    it('is not retried earlier because of unknown serial numbers', async () => {
      stopTheClock();
      withoutChance();
      const { certificates, fetch } = open(noNetwork);
      await certificates.refreshForUnknownSerial();

      for (let second = 0; second < 60; second += 1) {
        for (let i = 0; i < 10; i += 1) await certificates.refreshForUnknownSerial();
        await pass(SECOND);
      }

      // The first one, and those after 1, 3, 7, 15 and 31 s.
      expect(fetch).toHaveBeenCalledTimes(6);
    });

    it('is logged with the time of the retry, once per reason', async () => {
      stopTheClock();
      withoutChance();
      const { certificates, fetch } = open(noNetwork);
      await certificates.refresh();
      await pass(3 * SECOND);
      fetch.mockImplementation(() => Promise.reject(new Error('connection refused')));
      await pass(4 * SECOND);

      expect(logger.ours('error')).toEqual([
        expect.stringContaining(
          `Downloading platform certificates for merchant ${merchant.mchid} failed, 0 kept, ` +
            'next attempt in 1 s: no network',
        ),
        expect.stringContaining('next attempt in 8 s: connection refused'),
      ]);
      expect(logger.ours('debug')).toHaveLength(2);
    });

    it('is retried when all certificates have expired', async () => {
      stopTheClock();
      withoutChance();
      const { certificates, fetch } = open(() => respond([shortLived]));
      await certificates.refresh();
      fetch.mockImplementation(noNetwork);
      jest.setSystemTime(Date.now() + 3 * DAY);
      await certificates.refresh();
      fetch.mockImplementation(() => respond([current]));

      await pass(SECOND);

      expect(isKnown(certificates, current)).toBe(true);
    });
  });

  describe('an unknown serial number', () => {
    it('causes a download, and no other one within the cooldown after it', async () => {
      stopTheClock();
      const { certificates, fetch } = open(() => respond([current]));
      await certificates.refreshForUnknownSerial();
      expect(fetch).toHaveBeenCalledTimes(1);

      jest.advanceTimersByTime(MINUTE - 1);
      for (let i = 0; i < 10; i += 1) await certificates.refreshForUnknownSerial();
      expect(fetch).toHaveBeenCalledTimes(1);

      jest.advanceTimersByTime(1);
      for (let i = 0; i < 10; i += 1) await certificates.refreshForUnknownSerial();
      expect(fetch).toHaveBeenCalledTimes(2);
    });

    it('has the same cooldown after a failed download', async () => {
      stopTheClock();
      const { certificates, fetch } = open(noNetwork);
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
      pending.resolve(await respond([current]));

      expect(await waiting).toEqual([true, true, true]);
      expect(fetch).toHaveBeenCalledTimes(1);
    });

    it('waits for a download of the interval even within the cooldown', async () => {
      const pending = deferred<CertificateListResponse>();
      const { certificates, fetch } = open(() => respond([current]));
      await certificates.refresh();
      fetch.mockImplementation(() => pending.promise);
      const running = certificates.refresh();
      const waiting = certificates
        .refreshForUnknownSerial()
        .then(() => isKnown(certificates, next));
      pending.resolve(await respond([current, next]));

      expect(await waiting).toBe(true);
      await running;
      expect(fetch).toHaveBeenCalledTimes(2);
    });
  });

  describe('stop', () => {
    it.each([
      ['the interval', () => respond([current])],
      ['the retries', noNetwork],
    ])('ends %s', async (_what, fetch) => {
      stopTheClock();
      const { certificates } = open(fetch);
      await certificates.refresh();

      certificates.stop();

      expect(jest.getTimerCount()).toBe(0);
    });

    it('ends a running download without logging a failure or starting a timer', async () => {
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
      expect(certificates.lastFailure()).toBeUndefined();
    });

    it('starts no timer after a download that has succeeded all the same', async () => {
      stopTheClock();
      const pending = deferred<CertificateListResponse>();
      const { certificates } = open(() => pending.promise);
      const running = certificates.refresh();

      certificates.stop();
      pending.resolve(await respond([current]));
      await running;

      expect(jest.getTimerCount()).toBe(0);
    });

    it('is final', async () => {
      const { certificates, fetch } = open(() => respond([current]));
      certificates.stop();

      await certificates.refresh();
      await certificates.refreshForUnknownSerial();

      expect(fetch).not.toHaveBeenCalled();
    });
  });

  describe('a downloaded certificate', () => {
    it('is logged once', async () => {
      const { certificates } = open(() => respond([current]));
      await certificates.refresh();
      await certificates.refresh();

      expect(logger.ours()).toEqual([
        expect.stringContaining(
          `New platform certificates for merchant ${merchant.mchid}: ${current.id}`,
        ),
      ]);
    });

    it('is kept when it is no longer listed', async () => {
      const { certificates, fetch } = open(() => respond([current]));
      await certificates.refresh();
      fetch.mockImplementation(() => respond([next]));
      await certificates.refresh();

      expect(isKnown(certificates, current)).toBe(true);
      expect(isKnown(certificates, next)).toBe(true);
      expect(certificates.serials()).toEqual([current.id, next.id]);
    });

    it('is not used after it has expired', async () => {
      stopTheClock();
      const { certificates } = open(() => respond([shortLived]));
      await certificates.refresh();
      expect(isKnown(certificates, shortLived)).toBe(true);
      expect(certificates.hasValid()).toBe(true);

      jest.setSystemTime(Date.now() + 3 * DAY);

      expect(isKnown(certificates, shortLived)).toBe(false);
      expect(certificates.hasValid()).toBe(false);
    });

    it('is dropped by the first download after it has expired', async () => {
      stopTheClock();
      const { certificates } = open(() => respond([shortLived, current]));
      await certificates.refresh();

      jest.setSystemTime(Date.now() + 3 * DAY);
      await certificates.refresh();

      expect(certificates.serials()).toEqual([current.id]);
    });

    it('is not added if it has expired already', async () => {
      stopTheClock();
      jest.setSystemTime(Date.now() + 3 * DAY);
      const { certificates } = open(() => respond([shortLived, current]));
      await certificates.refresh();

      expect(certificates.serials()).toEqual([current.id]);
    });
  });

  describe('a download', () => {
    it('may be signed with a certificate that is known, but no longer listed', async () => {
      const { certificates, fetch } = open(() => respond([current]));
      await certificates.refresh();
      fetch.mockImplementation(() => respond([next], current));
      await certificates.refresh();

      expect(isKnown(certificates, next)).toBe(true);
      expect(logger.ours('error')).toEqual([]);
    });

    it('may be signed with a key of the options, as during a migration', async () => {
      const pinned = createPublicKey(merchant.publicKey.pem);
      const { certificates } = open(
        () => respond([current], merchant.publicKey),
        (serial) => (serial === merchant.publicKey.id ? pinned : undefined),
      );
      await certificates.refresh();

      expect(isKnown(certificates, current)).toBe(true);
      expect(logger.ours('error')).toEqual([]);
    });

    it('skips entries that cannot be read, with a warning', async () => {
      const odd = { ...listed(next, merchant.apiV3Key), encrypt_certificate: { algorithm: 'SM4' } };
      const list = signedList(merchant, [odd, listed(current, merchant.apiV3Key)], current);
      const { certificates } = open(() => Promise.resolve(list));
      await certificates.refresh();

      expect(isKnown(certificates, current)).toBe(true);
      expect(logger.ours('error')).toEqual([]);
      expect(logger.ours('warn')).toEqual([
        expect.stringContaining(
          `Skipped 1 of 2 entries in the list of platform certificates for merchant ` +
            `${merchant.mchid}: its algorithm is not supported`,
        ),
      ]);
    });

    it('is repeated at once after a signature probe, without an error', async () => {
      const { certificates, fetch } = open(() => respond([current]));
      fetch.mockImplementationOnce(() => respondWithProbe([current]));
      await certificates.refresh();

      expect(fetch).toHaveBeenCalledTimes(2);
      expect(isKnown(certificates, current)).toBe(true);
      expect(logger.ours('debug')).toEqual([expect.stringContaining('probe')]);
      expect(logger.ours('error')).toEqual([]);
    });

    it('is not repeated for ever if every response is a signature probe', async () => {
      const { certificates, fetch } = open(() => respondWithProbe([current]));
      await certificates.refresh();

      expect(fetch).toHaveBeenCalledTimes(2);
      expect(isKnown(certificates, current)).toBe(false);
      expect(logger.ours('error')).toHaveLength(1);
    });

    it.each<[string, () => Promise<CertificateListResponse>, string]>([
      ['is signed with an unknown key', () => respond([current], next), 'neither in the list'],
      ['lists nothing', () => respond([], current), 'the list is empty'],
      ['does not arrive', noNetwork, 'no network'],
    ])('that %s changes nothing, and is logged once', async (_case, fetch, reason) => {
      const { certificates } = open(fetch);

      await expect(certificates.refresh()).resolves.toBeUndefined();

      expect(certificates.serials()).toEqual([]);
      expect(certificates.lastFailure()?.reason).toContain(reason);
      expect(logger.ours()).toHaveLength(1);
      expect(logger.ours('error')).toEqual([expect.stringContaining(reason)]);
      expect(logger.text).not.toContain(merchant.apiV3Key);
    });

    it.each<[string, () => Promise<CertificateListResponse>]>([
      ['lists nothing', () => respond([], current)],
      [
        'fails with RESOURCE_NOT_EXISTS',
        () =>
          Promise.reject(
            new WechatPayApiError('GET /v3/certificates', 'RESOURCE_NOT_EXISTS', '', undefined, {
              status: 404,
            }),
          ),
      ],
    ])('that %s points a merchant in public-key mode at platformKeys', async (_case, fetch) => {
      const { certificates } = open(fetch);
      await certificates.refresh();

      expect(logger.ours('error')).toEqual([
        expect.stringContaining('give its key in platformKeys by PUB_KEY_ID_... instead.'),
      ]);
    });

    it('forgets an earlier failure when it succeeds', async () => {
      const { certificates, fetch } = open(noNetwork);
      await certificates.refresh();
      expect(certificates.lastFailure()).toMatchObject({ reason: 'no network' });
      fetch.mockImplementation(() => respond([current]));
      await certificates.refresh();

      expect(certificates.lastFailure()).toBeUndefined();
    });
  });
});
