import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { PlatformCertificatesOptions } from 'nestjs-wechatpay-complaint';
import {
  createTestCertificate,
  createTestMerchant,
  createTestPublicKey,
  type SimulatedFault,
  type TestMerchant,
  type TestPlatformKey,
} from 'nestjs-wechatpay-complaint/testing';
import {
  authorizationOf,
  CERTIFICATES_PATH,
  closeAll,
  downloadsOf,
  errorOf,
  startBench,
  startClient,
  startSimulator,
  URL_PATH,
  valuesOf,
} from '../../support/client-bench.js';
import type { Observable } from 'rxjs';
import { incoming, listed } from '../../support/client-certificates.js';
import { until } from '../../support/until.js';

const CALLBACK_URL = 'https://shop.example.com/wechatpay/complaints';
/** Milliseconds: shorter than the time between two messages. */
const NO_COOLDOWN = 0.001;
const HOUR = 60 * 60 * 1000;
/** Milliseconds: longer than any test runs, so that something else must have ended the wait. */
const NEVER = 600_000;

describe('A merchant in platform-certificate mode', () => {
  let merchant: TestMerchant;
  let stranger: TestPlatformKey;
  beforeAll(async () => {
    merchant = await createTestMerchant({ mode: 'certificate' });
    stranger = await createTestCertificate();
  });
  afterEach(closeAll);

  const start = (settings: Partial<PlatformCertificatesOptions> = {}) =>
    startBench(merchant, { platformCertificates: { download: true, ...settings } });

  /** Whether a notification signed with a key is accepted; otherwise its serial number is unknown. */
  async function isAccepted(
    { verifier }: Awaited<ReturnType<typeof start>>,
    signWith: TestPlatformKey,
  ): Promise<boolean> {
    try {
      await verifier.verify(incoming(merchant, { signWith }));
      return true;
    } catch (error) {
      expect(error).toMatchObject({ code: 'UNKNOWN_SERIAL' });
      return false;
    }
  }

  describe('downloads certificates', () => {
    it('not at startup, but before the first call that may take effect', async () => {
      const { service, simulator } = await start();
      expect(simulator.requests).toEqual([]);

      await valuesOf(service.create({ url: CALLBACK_URL }));

      expect(simulator.requests.map(({ method, target }) => [method, target])).toEqual([
        ['GET', CERTIFICATES_PATH],
        ['POST', URL_PATH],
      ]);
    });

    it('after the first call that only reads, to verify its response', async () => {
      const { service, simulator } = await start();
      simulator.setRegisteredUrl(merchant, CALLBACK_URL);

      await valuesOf(service.get());

      expect(simulator.requests.map(({ target }) => target)).toEqual([URL_PATH, CERTIFICATES_PATH]);
    });

    it('when the first notification arrives', async () => {
      const bench = await start();

      expect(await isAccepted(bench, merchant.platformCertificate)).toBe(true);
      expect(bench.simulator.requests).toHaveLength(1);
    });

    it('with a request that is signed like any other', async () => {
      const bench = await start();
      await isAccepted(bench, merchant.platformCertificate);

      const [download] = bench.simulator.requests;
      expect(authorizationOf(download, 'serial_no')).toBe(merchant.serial);
      expect(download?.headers).toMatchObject({
        accept: 'application/json',
        'user-agent': expect.stringContaining('nestjs-wechatpay-complaint/'),
      });
      expect(download?.headers).not.toHaveProperty('wechatpay-serial');
    });

    it('by default if no option about platform keys is given', async () => {
      const simulator = await startSimulator(merchant);
      const { service } = await startClient({
        ...simulator.moduleOptions(merchant),
        platformCertificates: undefined,
      });

      expect(await valuesOf(service.create({ url: CALLBACK_URL }))).toHaveLength(1);
      expect(downloadsOf(simulator)).toHaveLength(1);
    });

    it('once, however many responses and notifications wait for them', async () => {
      const bench = await start({ unknownSerialCooldown: NO_COOLDOWN });
      bench.simulator.setRegisteredUrl(merchant, CALLBACK_URL);

      await Promise.all([
        ...Array.from({ length: 20 }, () => valuesOf(bench.service.get())),
        ...Array.from({ length: 20 }, () => isAccepted(bench, merchant.platformCertificate)),
      ]);

      expect(downloadsOf(bench.simulator)).toHaveLength(1);
    });

    it('again and again, at the interval of the options', async () => {
      const bench = await start({ refreshInterval: 20 });
      await isAccepted(bench, merchant.platformCertificate);

      await until(() => downloadsOf(bench.simulator).length >= 3);

      expect(bench.logger.ours('error')).toEqual([]);
      await bench.close();
    });

    it('never if download is off and the certificate is given', async () => {
      const { id, pem } = merchant.platformCertificate;
      const bench = await startBench(merchant, {
        platformKeys: { [id]: pem },
        platformCertificates: { download: false },
      });

      expect(await valuesOf(bench.service.create({ url: CALLBACK_URL }))).toHaveLength(1);
      expect(await isAccepted(bench, merchant.platformCertificate)).toBe(true);
      expect(await isAccepted(bench, stranger)).toBe(false);
      expect(downloadsOf(bench.simulator)).toEqual([]);
    });
  });

  describe('rejects a response to the download', () => {
    const FAULTS: readonly (readonly [
      name: string,
      fault: (merchant: TestMerchant, stranger: TestPlatformKey) => SimulatedFault,
      reason: string,
    ])[] = [
      ['tampered', () => 'tampered', 'The signature does not match'],
      ['unsigned', () => 'unsigned', 'missing: Wechatpay-Timestamp'],
      ['replayed', () => 'replayed', 'behind'],
      ['signed by a stranger', () => 'unknown-serial', 'neither in the list nor known'],
      ['of another signature type', () => 'wrong-type', 'Wechatpay-Signature-Type'],
      [
        'an error',
        () => ({ status: 500, code: 'SYSTEM_ERROR', message: '系统错误' }),
        'SYSTEM_ERROR',
      ],
      [
        'without any certificate',
        () => ({ status: 404, code: 'RESOURCE_NOT_EXISTS', message: '无可用的平台证书' }),
        'RESOURCE_NOT_EXISTS',
      ],
      ['an empty list', () => ({ status: 200, raw: '{"data":[]}', signed: true }), 'is empty'],
      ['no list', () => ({ status: 200, raw: '{}', signed: true }), 'no list of certificates'],
      [
        'encrypted with another APIv3 key',
        ({ platformCertificate }) => ({
          status: 200,
          raw: JSON.stringify({ data: [listed(platformCertificate, 'x'.repeat(32))] }),
          signed: true,
        }),
        'wrong APIv3 key',
      ],
      [
        'with a serial_no that is not that of the certificate',
        ({ platformCertificate, apiV3Key }, { id }) => ({
          status: 200,
          raw: JSON.stringify({
            data: [{ ...listed(platformCertificate, apiV3Key), serial_no: id }],
          }),
          signed: true,
        }),
        'serial_no is not that of its certificate',
      ],
      ['that breaks off', () => 'drop', 'ECONNRESET'],
    ];

    it.each(FAULTS)('%s, and logs that once', async (_name, fault, reason) => {
      const bench = await start({ unknownSerialCooldown: NO_COOLDOWN });
      bench.simulator.injectFaults(fault(merchant, stranger));

      expect(await isAccepted(bench, merchant.platformCertificate)).toBe(false);
      expect(bench.logger.ours()).toHaveLength(1);
      expect(bench.logger.ours('error')).toEqual([
        expect.stringContaining('failed, 0 kept, next attempt in 1 s: '),
      ]);
      expect(bench.logger.text).toContain(reason);

      // The next response is good.
      expect(await isAccepted(bench, merchant.platformCertificate)).toBe(true);
    });

    it.each(FAULTS)('%s, and keeps the certificates that it has', async (_name, fault) => {
      const bench = await start({ unknownSerialCooldown: NO_COOLDOWN });
      await isAccepted(bench, merchant.platformCertificate);
      bench.simulator.injectFaults(fault(merchant, stranger));

      expect(await isAccepted(bench, stranger)).toBe(false);
      expect(bench.logger.ours('error')).toEqual([
        expect.stringContaining('failed, 1 kept, next attempt in '),
      ]);

      expect(await isAccepted(bench, merchant.platformCertificate)).toBe(true);
      expect(downloadsOf(bench.simulator)).toHaveLength(2);
    });

    it('with a signature probe, and downloads again at once', async () => {
      const bench = await start();
      bench.simulator.injectFaults('probe');

      expect(await isAccepted(bench, merchant.platformCertificate)).toBe(true);
      expect(downloadsOf(bench.simulator)).toHaveLength(2);
      expect(bench.logger.ours('error')).toEqual([]);
    });
  });

  describe('skips an entry of the list', () => {
    it('that it cannot read, and uses the others', async () => {
      const bench = await start();
      const odd = { serial_no: 'A1', encrypt_certificate: { algorithm: 'AEAD_SM4_GCM' } };
      const data = [odd, listed(merchant.platformCertificate, merchant.apiV3Key)];
      bench.simulator.injectFaults({ status: 200, raw: JSON.stringify({ data }), signed: true });

      expect(await isAccepted(bench, merchant.platformCertificate)).toBe(true);
      expect(bench.logger.ours('error')).toEqual([]);
      expect(bench.logger.ours('warn')).toEqual([
        expect.stringContaining('Skipped 1 of 2 entries'),
      ]);
    });
  });

  describe('sends nothing that may take effect', () => {
    it.each<[string, (bench: Awaited<ReturnType<typeof start>>) => Observable<unknown>]>([
      ['create', ({ service }) => service.create({ url: CALLBACK_URL })],
      ['update', ({ service }) => service.update({ url: CALLBACK_URL })],
      ['delete', ({ service }) => service.delete()],
      ['complete', ({ complaints }) => complaints.complete('200201820200101080076610000')],
    ])('while there is no key to verify its response with: %s', async (_name, call) => {
      const bench = await start();
      bench.simulator.injectFaults('tampered');

      expect(await errorOf(call(bench))).toMatchObject({
        name: 'WechatPayPlatformKeyError',
        code: 'NO_PLATFORM_KEY',
        message: expect.stringMatching(
          / was not sent: .* Downloading platform certificates failed/,
        ),
      });
      expect(bench.simulator.requests.map(({ target }) => target)).toEqual([CERTIFICATES_PATH]);
      expect(bench.logger.ours('error')).toHaveLength(1);
    });

    it('and sends it once a key is there', async () => {
      const bench = await start();
      bench.simulator.injectFaults('tampered');
      await errorOf(bench.service.create({ url: CALLBACK_URL }));

      expect(await valuesOf(bench.service.create({ url: CALLBACK_URL }))).toHaveLength(1);
      expect(downloadsOf(bench.simulator)).toHaveLength(2);
    });

    it('for a merchant in public-key mode, and says what to do instead', async () => {
      const inPublicKeyMode = await createTestMerchant();
      const { service, simulator } = await startBench(inPublicKeyMode, {
        platformKeys: undefined,
        platformCertificates: { download: true },
      });

      expect(await errorOf(service.create({ url: CALLBACK_URL }))).toMatchObject({
        code: 'NO_PLATFORM_KEY',
        message: expect.stringContaining('give its key in platformKeys by PUB_KEY_ID_... instead'),
        cause: expect.objectContaining({ code: 'RESOURCE_NOT_EXISTS' }),
      });
      expect(simulator.requests.map(({ target }) => target)).toEqual([CERTIFICATES_PATH]);
    });
  });

  describe('retries a failed first download', () => {
    it('by itself, so that later notifications are accepted', async () => {
      const bench = await start({ unknownSerialCooldown: HOUR });
      bench.simulator.injectFaults('tampered');
      expect(await isAccepted(bench, merchant.platformCertificate)).toBe(false);

      await until(() => bench.logger.ours('log').length > 0);

      expect(await isAccepted(bench, merchant.platformCertificate)).toBe(true);
      expect(downloadsOf(bench.simulator)).toHaveLength(2);
    });
  });

  describe('while a download gets no response', () => {
    const startHanging = async () => {
      const bench = await startBench(
        merchant,
        { timeout: NEVER },
        {
          onRequest: ({ target }) => {
            if (target === CERTIFICATES_PATH) bench.simulator.injectFaults('hang');
          },
        },
      );
      return bench;
    };

    it('rejects a notification before WeChat Pay stops waiting, and says why', async () => {
      const bench = await startBench(
        merchant,
        { timeout: NEVER, handlerTimeout: 50 },
        {
          onRequest: ({ target }) => {
            if (target === CERTIFICATES_PATH) bench.simulator.injectFaults('hang');
          },
        },
      );

      await expect(bench.verifier.verify(incoming(merchant))).rejects.toMatchObject({
        code: 'UNKNOWN_SERIAL',
        detail: expect.stringContaining('Certificates are still being downloaded.'),
      });
    });

    it('keeps to the timeout of a call that waits for it', async () => {
      const { service } = await startHanging();

      expect(await errorOf(service.create({ url: CALLBACK_URL }, { timeout: 100 }))).toMatchObject({
        name: 'WechatPayPlatformKeyError',
        message: expect.stringContaining('still being downloaded'),
      });
    });

    it('obeys the signal of a call that waits for it', async () => {
      const { service, simulator } = await startHanging();
      const aborter = new AbortController();
      const failure = errorOf(service.create({ url: CALLBACK_URL }, { signal: aborter.signal }));
      await until(() => downloadsOf(simulator).length === 1);

      aborter.abort();

      expect(await failure).toMatchObject({ name: 'WechatPayNetworkError', code: 'ABORTED' });
    });

    it('ends the download without a log line when the app shuts down', async () => {
      const bench = await startHanging();
      const failure = errorOf(bench.service.create({ url: CALLBACK_URL }));
      await until(() => downloadsOf(bench.simulator).length === 1);

      await bench.close();

      expect(await failure).toMatchObject({
        code: 'NO_PLATFORM_KEY',
        message: expect.stringContaining('shutting down'),
      });
      expect(bench.logger.ours()).toEqual([]);
    });
  });

  describe('when WeChat Pay changes its certificate', () => {
    it('downloads the new one once, for the first message that is signed with it', async () => {
      const bench = await start({ unknownSerialCooldown: NO_COOLDOWN });
      bench.simulator.setRegisteredUrl(merchant, CALLBACK_URL);
      await valuesOf(bench.service.get());
      const next = await bench.simulator.rotateCertificate(merchant);

      expect(await valuesOf(bench.service.get())).toHaveLength(1);
      expect(await isAccepted(bench, next)).toBe(true);
      expect(downloadsOf(bench.simulator)).toHaveLength(2);
      expect(bench.logger.ours('log')).toEqual([
        expect.stringContaining(merchant.platformCertificate.id),
        expect.stringContaining(next.id),
      ]);
    });

    it.each([true, false])('keeps the old one, still listed: %s', async (keepListed) => {
      const bench = await start({ unknownSerialCooldown: NO_COOLDOWN });
      await isAccepted(bench, merchant.platformCertificate);
      const next = await bench.simulator.rotateCertificate(merchant, { keepListed });
      await isAccepted(bench, next);

      expect(await isAccepted(bench, merchant.platformCertificate)).toBe(true);
      expect(downloadsOf(bench.simulator)).toHaveLength(2);
    });

    it('has the new one before any message is signed with it, because of the interval', async () => {
      const bench = await start({ refreshInterval: 20, unknownSerialCooldown: HOUR });
      await isAccepted(bench, merchant.platformCertificate);
      const next = await bench.simulator.rotateCertificate(merchant);

      await until(() => bench.logger.ours('log').some((line) => line.includes(next.id)));

      expect(await isAccepted(bench, next)).toBe(true);
    });

    it('does not use an expired one, although it is listed', async () => {
      const bench = await start();
      const expired = await createTestCertificate({
        notBefore: new Date(Date.now() - 2 * HOUR),
        notAfter: new Date(Date.now() - HOUR),
      });
      await bench.simulator.rotateCertificate(merchant, { certificate: expired });
      const next = await bench.simulator.rotateCertificate(merchant);

      expect(await isAccepted(bench, next)).toBe(true);
      expect(await isAccepted(bench, merchant.platformCertificate)).toBe(true);
      expect(await isAccepted(bench, expired)).toBe(false);
    });

    it('accepts an expire_time whose name ends with a space', async () => {
      const bench = await start();
      const { expire_time, effective_time, ...entry } = listed(
        merchant.platformCertificate,
        merchant.apiV3Key,
      );
      const data = [{ ...entry, 'expire_time ': expire_time, 'effective_time ': effective_time }];
      bench.simulator.injectFaults({ status: 200, raw: JSON.stringify({ data }), signed: true });

      expect(await isAccepted(bench, merchant.platformCertificate)).toBe(true);
    });
  });

  describe('when strangers send serial numbers', () => {
    it('downloads at most once per cooldown', async () => {
      const bench = await start({ unknownSerialCooldown: HOUR });
      await isAccepted(bench, merchant.platformCertificate);

      for (let i = 0; i < 10; i += 1) expect(await isAccepted(bench, stranger)).toBe(false);

      expect(downloadsOf(bench.simulator)).toHaveLength(1);
    });

    it('downloads again when the cooldown is over', async () => {
      const bench = await start({ unknownSerialCooldown: NO_COOLDOWN });
      await isAccepted(bench, merchant.platformCertificate);

      for (let i = 0; i < 3; i += 1) expect(await isAccepted(bench, stranger)).toBe(false);

      expect(downloadsOf(bench.simulator)).toHaveLength(4);
    });

    it('never downloads for the id of a public key', async () => {
      const bench = await start({ unknownSerialCooldown: NO_COOLDOWN });

      expect(await isAccepted(bench, await createTestPublicKey())).toBe(false);
      expect(bench.simulator.requests).toEqual([]);
    });
  });

  describe('when the app shuts down', () => {
    it('downloads nothing', async () => {
      const bench = await start({ unknownSerialCooldown: NO_COOLDOWN });
      await isAccepted(bench, merchant.platformCertificate);
      await bench.close();

      expect(await isAccepted(bench, stranger)).toBe(false);
      expect(downloadsOf(bench.simulator)).toHaveLength(1);
    });
  });
});
