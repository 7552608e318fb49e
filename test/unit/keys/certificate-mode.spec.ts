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
import { incoming, listed } from '../../support/client-certificates.js';
import { until } from '../../support/until.js';

const CALLBACK_URL = 'https://shop.example.com/wechatpay/complaints';
/** Milliseconds. In so short a time no two messages come. */
const NO_COOLDOWN = 0.001;
const HOUR = 60 * 60 * 1000;
/** Longer than any test may run: what ends in time was ended by something else. */
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

  /** A notification that one key has signed is accepted, or refused for its serial. */
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
    it('not at the start, but with the first answer', async () => {
      const { service, simulator } = await start();
      expect(simulator.requests).toEqual([]);

      await valuesOf(service.create({ url: CALLBACK_URL }));

      expect(simulator.requests.map(({ method, target }) => [method, target])).toEqual([
        ['POST', URL_PATH],
        ['GET', CERTIFICATES_PATH],
      ]);
    });

    it('with the first notification', async () => {
      const bench = await start();

      expect(await isAccepted(bench, merchant.platformCertificate)).toBe(true);
      expect(bench.simulator.requests).toHaveLength(1);
    });

    it('by a request that is signed like any other', async () => {
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

    it('by itself when there is no option on keys at all', async () => {
      const simulator = await startSimulator(merchant);
      const { service } = await startClient({
        ...simulator.moduleOptions(merchant),
        platformCertificates: undefined,
      });

      expect(await valuesOf(service.create({ url: CALLBACK_URL }))).toHaveLength(1);
      expect(downloadsOf(simulator)).toHaveLength(1);
    });

    it('once, however many answers and notifications wait for them', async () => {
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

    it('not at all where downloading is off and the certificate is given', async () => {
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

  describe('that cannot be relied on', () => {
    const FAULTS: readonly (readonly [
      name: string,
      fault: (merchant: TestMerchant, stranger: TestPlatformKey) => SimulatedFault,
      reason: string,
    ])[] = [
      ['tampered', () => 'tampered', 'The signature does not fit'],
      ['unsigned', () => 'unsigned', 'missing: Wechatpay-Timestamp'],
      ['replayed', () => 'replayed', 'behind'],
      ['signed by a stranger', () => 'unknown-serial', 'which it does not hold'],
      ['of another signature type', () => 'wrong-type', 'Wechatpay-Signature-Type'],
      [
        'an error',
        () => ({ status: 500, code: 'SYSTEM_ERROR', message: '系统错误' }),
        'SYSTEM_ERROR',
      ],
      [
        'that there are none',
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
        'another APIv3 key',
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
        'serial_no does not fit',
      ],
      ['none, for the connection drops', () => 'drop', 'ECONNRESET'],
    ];

    it.each(FAULTS)('(%s) are not taken, and that is logged once', async (_name, fault, reason) => {
      const bench = await start({ unknownSerialCooldown: NO_COOLDOWN });
      bench.simulator.injectFaults(fault(merchant, stranger));

      expect(await isAccepted(bench, merchant.platformCertificate)).toBe(false);
      expect(bench.logger.ours()).toHaveLength(1);
      expect(bench.logger.ours('error')).toEqual([
        expect.stringContaining('Downloading platform certificates failed, 0 kept: '),
      ]);
      expect(bench.logger.text).toContain(reason);

      // The next answer is a good one.
      expect(await isAccepted(bench, merchant.platformCertificate)).toBe(true);
    });

    it.each(FAULTS)('(%s) leave the present ones alone', async (_name, fault) => {
      const bench = await start({ unknownSerialCooldown: NO_COOLDOWN });
      await isAccepted(bench, merchant.platformCertificate);
      bench.simulator.injectFaults(fault(merchant, stranger));

      expect(await isAccepted(bench, stranger)).toBe(false);
      expect(bench.logger.ours('error')).toEqual([
        expect.stringContaining('Downloading platform certificates failed, 1 kept: '),
      ]);

      expect(await isAccepted(bench, merchant.platformCertificate)).toBe(true);
      expect(downloadsOf(bench.simulator)).toHaveLength(2);
    });

    it('are asked for again at once when WeChat Pay has just probed', async () => {
      const bench = await start();
      bench.simulator.injectFaults('probe');

      expect(await isAccepted(bench, merchant.platformCertificate)).toBe(true);
      expect(downloadsOf(bench.simulator)).toHaveLength(2);
      expect(bench.logger.ours('error')).toEqual([]);
    });

    it('make a call fail with UNKNOWN_SERIAL, for nothing can be verified', async () => {
      const { service, logger } = await startBench(merchant, { apiV3Key: 'y'.repeat(32) });

      expect(await errorOf(service.create({ url: CALLBACK_URL }))).toMatchObject({
        name: 'WechatPaySignatureError',
        code: 'UNKNOWN_SERIAL',
        message: expect.stringContaining('given: none; certificate download: on'),
      });
      expect(logger.ours('error')).toHaveLength(1);
    });

    it.each<[string, SimulatedFault]>([
      [
        'there are none',
        {
          status: 404,
          code: 'RESOURCE_NOT_EXISTS',
          message: '无可用的平台证书，请使用微信支付公钥',
        },
      ],
      ['the list is empty', { status: 200, raw: '{"data":[]}', signed: true }],
    ])('tell a merchant in public-key mode what to do instead when %s', async (_case, fault) => {
      const bench = await start();
      bench.simulator.injectFaults(fault);
      await isAccepted(bench, merchant.platformCertificate);

      expect(bench.logger.ours('error')).toEqual([
        expect.stringContaining('give its key in platformKeys by PUB_KEY_ID_... instead.'),
      ]);
    });

    it('are not even asked for when a public key has signed the answer', async () => {
      const inPublicKeyMode = await createTestMerchant();
      const { service, simulator, logger } = await startBench(inPublicKeyMode, {
        platformKeys: undefined,
        platformCertificates: { download: true },
      });

      expect(await errorOf(service.create({ url: CALLBACK_URL }))).toMatchObject({
        code: 'UNKNOWN_SERIAL',
        message: expect.stringContaining(inPublicKeyMode.publicKey.id),
      });
      expect(downloadsOf(simulator)).toEqual([]);
      expect(logger.ours()).toEqual([]);
    });
  });

  describe('while a download hangs', () => {
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

    it('refuses a notification before WeChat Pay gives up, and says why', async () => {
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
        detail: expect.stringContaining('No certificate could be downloaded yet'),
      });
    });

    it('holds the time limit of a call that waits for it', async () => {
      const { service } = await startHanging();

      expect(await errorOf(service.create({ url: CALLBACK_URL }, { timeout: 100 }))).toMatchObject({
        name: 'WechatPayNetworkError',
        code: 'TIMEOUT',
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

    it('ends it without a word when the app closes', async () => {
      const bench = await startHanging();
      const failure = errorOf(bench.service.create({ url: CALLBACK_URL }));
      await until(() => downloadsOf(bench.simulator).length === 1);

      await bench.close();

      expect(await failure).toMatchObject({ code: 'UNKNOWN_SERIAL' });
      expect(bench.logger.ours()).toEqual([]);
    });
  });

  describe('when certificates change', () => {
    it('downloads the new one once, on the first message that it has signed', async () => {
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

    it.each([true, false])('still knows the old one, still listed: %s', async (keepListed) => {
      const bench = await start({ unknownSerialCooldown: NO_COOLDOWN });
      await isAccepted(bench, merchant.platformCertificate);
      const next = await bench.simulator.rotateCertificate(merchant, { keepListed });
      await isAccepted(bench, next);

      expect(await isAccepted(bench, merchant.platformCertificate)).toBe(true);
      expect(downloadsOf(bench.simulator)).toHaveLength(2);
    });

    it('has the new one from the interval before any message is signed with it', async () => {
      const bench = await start({ refreshInterval: 20, unknownSerialCooldown: HOUR });
      await isAccepted(bench, merchant.platformCertificate);
      const next = await bench.simulator.rotateCertificate(merchant);

      await until(() => bench.logger.ours('log').some((line) => line.includes(next.id)));

      expect(await isAccepted(bench, next)).toBe(true);
    });

    it('does not take one that has expired, though it is listed', async () => {
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

    it('tolerates an expire_time whose name ends with a space', async () => {
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

  describe('when strangers send serials', () => {
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

  describe('when the app closes', () => {
    it('downloads nothing any more', async () => {
      const bench = await start({ unknownSerialCooldown: NO_COOLDOWN });
      await isAccepted(bench, merchant.platformCertificate);
      await bench.close();

      expect(await isAccepted(bench, stranger)).toBe(false);
      expect(downloadsOf(bench.simulator)).toHaveLength(1);
    });
  });
});
