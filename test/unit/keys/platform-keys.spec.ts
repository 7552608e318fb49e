import { createSecretKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { createTestMerchant, type TestMerchant } from 'nestjs-wechatpay-complaint/testing';
import type {
  CertificateListResponse,
  FetchCertificates,
} from '../../../lib/keys/certificate-download.js';
import { PlatformCertificates } from '../../../lib/keys/platform-certificates.js';
import { PlatformKeys } from '../../../lib/keys/platform-keys.js';
import type { PlatformKey } from '../../../lib/protocol/rsa-key.js';
import { deferred } from '../../support/deferred.js';
import { listResponse } from '../../support/client-certificates.js';
import { RecordingLogger } from '../../support/recording-logger.js';

const HOUR = 60 * 60 * 1000;
const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const never = (): Promise<never> => new Promise(() => undefined);

describe('PlatformKeys', () => {
  let merchant: TestMerchant;
  let fetch: jest.Mock<FetchCertificates>;
  const opened: PlatformKeys[] = [];

  beforeAll(async () => {
    merchant = await createTestMerchant({ mode: 'certificate' });
  });
  beforeEach(() => {
    Logger.overrideLogger(new RecordingLogger());
    fetch = jest.fn(() => Promise.resolve(list()));
  });
  afterEach(() => {
    for (const keys of opened.splice(0)) keys.stop();
  });

  function list(): CertificateListResponse {
    return listResponse(merchant, [merchant.platformCertificate]);
  }

  function open(
    pinned: Record<string, PlatformKey> = {},
    { download = true, unknownSerialCooldown = HOUR } = {},
  ): PlatformKeys {
    const certificates = new PlatformCertificates({
      mchid: merchant.mchid,
      fetch,
      findPinned: () => undefined,
      apiV3Key: createSecretKey(Buffer.from(merchant.apiV3Key)),
      clockTolerance: 300,
      refreshInterval: HOUR,
      unknownSerialCooldown,
    });
    const keys = new PlatformKeys(
      new Map(Object.entries(pinned)),
      download ? certificates : undefined,
    );
    opened.push(keys);
    return keys;
  }

  async function rejectionOf(key: Promise<KeyObject>): Promise<string> {
    const error: unknown = await key.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toMatchObject({ name: 'SignatureRejection', code: 'UNKNOWN_SERIAL' });
    return error instanceof Error ? error.message : '';
  }

  describe('find', () => {
    it('finds pinned keys and downloaded ones', async () => {
      const keys = open({ PUB_KEY_ID_1: { key: publicKey } });
      expect(keys.find('PUB_KEY_ID_1')).toBe(publicKey);
      expect(keys.find(merchant.platformCertificate.id)).toBeUndefined();

      await keys.get(merchant.platformCertificate.id);

      expect(keys.find(merchant.platformCertificate.id)).toBeDefined();
    });

    it('does not find a pinned certificate that has expired', () => {
      const keys = open({ A1: { key: publicKey, expiresAt: Date.now() } });

      expect(keys.find('A1')).toBeUndefined();
    });
  });

  describe('get', () => {
    it('downloads certificates for an unknown serial number', async () => {
      await expect(open().get(merchant.platformCertificate.id)).resolves.toBeDefined();
      expect(fetch).toHaveBeenCalledTimes(1);
    });

    it('never downloads anything for the id of a public key', async () => {
      await rejectionOf(open().get('PUB_KEY_ID_2'));

      expect(fetch).not.toHaveBeenCalled();
    });

    it('waits for a download no longer than its patience', async () => {
      fetch.mockImplementation(never);

      const message = await rejectionOf(open().get('A1', 20));

      expect(message).toContain('Certificates are still being downloaded.');
    });

    it('says which option and variables to set for a public key that is missing', async () => {
      const message = await rejectionOf(
        open({ PUB_KEY_ID_1: { key: publicKey } }).get('PUB_KEY_ID_2'),
      );

      expect(message).toContain('PUB_KEY_ID_2 is a WeChat Pay public key');
      expect(message).toContain('(known: PUB_KEY_ID_1)');
      expect(message).toContain('the option platformKeys');
      expect(message).toContain('WECHATPAY_PUBLIC_KEY_ID and WECHATPAY_PUBLIC_KEY');
      expect(message).not.toContain('the log says why');
    });

    it('says that no certificate could be downloaded only after a download has failed', async () => {
      fetch.mockImplementation(() => Promise.reject(new Error('no network')));
      const keys = open();

      expect(await rejectionOf(keys.get('A1'))).toMatch(
        /known: none; certificate download: on\)\. No certificate could be downloaded yet; the log says why\.$/,
      );
    });

    it('names the known keys for a serial number that remains unknown', async () => {
      const message = await rejectionOf(open().get('A1'));

      expect(message).toContain(`known: ${merchant.platformCertificate.id};`);
      expect(message).toContain('forgery or a signature probe');
    });

    it('says that download is off', async () => {
      const keys = open({ A2: { key: publicKey } }, { download: false });

      expect(await rejectionOf(keys.get('A1'))).toContain('known: A2; certificate download: off');
    });

    it('says that a pinned certificate has expired', async () => {
      const expiresAt = Date.parse('2025-01-23T10:13:30Z');
      const keys = open({ A1: { key: publicKey, expiresAt } }, { download: false });

      expect(await rejectionOf(keys.get('A1'))).toContain(
        'That certificate in platformKeys expired on 2025-01-23T10:13:30.000Z',
      );
    });
  });

  describe('require', () => {
    const REQUEST = 'POST /v3/merchant-service/complaint-notifications';

    it('does not download anything beside a pinned key', async () => {
      await open({ PUB_KEY_ID_1: { key: publicKey } }).require(REQUEST);

      expect(fetch).not.toHaveBeenCalled();
    });

    it('downloads certificates once if there is no key', async () => {
      const keys = open();
      await Promise.all([keys.require(REQUEST), keys.require(REQUEST)]);
      await keys.require(REQUEST);

      expect(fetch).toHaveBeenCalledTimes(1);
    });

    it('downloads certificates even within the cooldown: the app is no stranger', async () => {
      fetch.mockImplementationOnce(() => Promise.reject(new Error('no network')));
      const keys = open();
      await rejectionOf(keys.get('A1'));

      await keys.require(REQUEST);

      expect(fetch).toHaveBeenCalledTimes(2);
    });

    it('rejects with the reason of a failed download, and says that nothing was sent', async () => {
      const cause = new Error('no network');
      fetch.mockImplementation(() => Promise.reject(cause));

      await expect(open().require(REQUEST)).rejects.toMatchObject({
        name: 'WechatPayPlatformKeyError',
        code: 'NO_PLATFORM_KEY',
        message:
          `${REQUEST} was not sent: there is no platform key to verify its response. ` +
          'Downloading platform certificates failed: no network',
        cause,
      });
    });

    it('rejects when its time is over', async () => {
      fetch.mockImplementation(never);

      await expect(open().require(REQUEST, 20)).rejects.toMatchObject({
        code: 'NO_PLATFORM_KEY',
        message: expect.stringContaining('still being downloaded'),
      });
    });

    it('waits as long as it takes for a limit that no timer can keep', async () => {
      const pending = deferred<CertificateListResponse>();
      fetch.mockImplementation(() => pending.promise);
      const waiting = open().require(REQUEST, 2 ** 40);
      pending.resolve(list());

      await expect(waiting).resolves.toBeUndefined();
    });

    it('rejects when every pinned certificate has expired', async () => {
      const expired = { A1: { key: publicKey, expiresAt: Date.now() } };

      await expect(open(expired, { download: false }).require(REQUEST)).rejects.toMatchObject({
        code: 'NO_PLATFORM_KEY',
        message: expect.stringContaining('Every certificate in platformKeys has expired'),
      });
    });

    it('rejects after a shutdown', async () => {
      const keys = open();
      keys.stop();

      await expect(keys.require(REQUEST)).rejects.toMatchObject({
        message: expect.stringContaining('The app is shutting down.'),
      });
    });
  });
});
