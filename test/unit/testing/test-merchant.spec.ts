import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { wechatPayComplaintConfig } from 'nestjs-wechatpay-complaint/config';
import {
  createTestCertificate,
  createTestMerchant,
  createTestPublicKey,
  type TestMerchant,
  type TestMerchantMode,
} from 'nestjs-wechatpay-complaint/testing';

/** Nothing listens there. */
const CLOSED_PORT = 'http://127.0.0.1:9';
const MODES: readonly TestMerchantMode[] = ['public-key', 'migration', 'certificate'];

describe('createTestMerchant', () => {
  const merchants = new Map<TestMerchantMode, TestMerchant>();
  beforeAll(async () => {
    for (const mode of MODES) {
      merchants.set(mode, await createTestMerchant({ mode, mchid: '1900000111' }));
    }
  });
  function merchantIn(mode: TestMerchantMode): TestMerchant {
    const merchant = merchants.get(mode);
    if (!merchant) throw new Error(`There is no merchant in ${mode} mode.`);
    return merchant;
  }

  it('makes a merchant whose certificate, serial number and private key belong together', () => {
    const { certificate, serial, privateKey, mchid, apiV3Key } = merchantIn('public-key');

    const x509 = new X509Certificate(certificate);
    expect(x509.serialNumber).toBe(serial);
    expect(x509.subject).toBe(`CN=${mchid}`);
    expect(x509.checkPrivateKey(createPrivateKey(privateKey))).toBe(true);
    expect(Buffer.byteLength(apiV3Key)).toBe(32);
  });

  it('makes a different merchant every time', async () => {
    const [one, other] = await Promise.all([createTestMerchant(), createTestMerchant()]);

    for (const name of ['mchid', 'serial', 'privateKey', 'apiV3Key'] as const) {
      expect(one[name]).not.toBe(other[name]);
    }
    expect(one.mchid).toMatch(/^19\d{8}$/);
  });

  it.each<[TestMerchantMode, boolean, boolean]>([
    ['public-key', true, false],
    ['migration', true, true],
    ['certificate', false, true],
  ])('gives the options of %s mode', (mode, hasPublicKey, download) => {
    const merchant = merchantIn(mode);
    const { serial, privateKey, apiV3Key, publicKey } = merchant;

    expect(merchant.mode).toBe(mode);
    expect(merchant.mchid).toBe('1900000111');
    expect(merchant.options).toEqual({
      mchid: '1900000111',
      serial,
      privateKey,
      apiV3Key,
      ...(hasPublicKey && { platformKeys: { [publicKey.id]: publicKey.pem } }),
      platformCertificates: { download },
      baseUrls: [CLOSED_PORT],
      request: { proxy: false },
    });
  });

  describe('gives an environment', () => {
    /** Reads the options with the config factory, and records the variables that it looks at. */
    function readOptions(environment: Readonly<Record<string, string>>) {
      const variables = new Set<string>();
      const env = new Proxy<NodeJS.ProcessEnv>(
        { ...environment },
        {
          get(target, name: string) {
            if (name.startsWith('WECHATPAY_')) variables.add(name);
            return target[name];
          },
        },
      );
      const replaced = jest.replaceProperty(process, 'env', env);
      try {
        return { options: wechatPayComplaintConfig(), variables: [...variables] };
      } finally {
        replaced.restore();
      }
    }

    it.each(MODES)('from which the config factory reads the options of %s mode', (mode) => {
      const { environment, options, publicKey, privateKey } = merchantIn(mode);

      // A proxy cannot be set by variables: NO_PROXY has that part.
      const { request: _, ...expected } = options;
      expect(readOptions(environment).options).toEqual({
        ...expected,
        privateKey: privateKey.trim(),
        ...(expected.platformKeys && { platformKeys: { [publicKey.id]: publicKey.pem.trim() } }),
      });
    });

    it.each(MODES)('with every variable that the factory reads, in %s mode', (mode) => {
      const { environment } = merchantIn(mode);

      const { variables } = readOptions(environment);

      expect(variables).toEqual(
        expect.arrayContaining(['WECHATPAY_MCHID', 'WECHATPAY_PRIVATE_KEY_PATH']),
      );
      expect(Object.keys(environment)).toEqual(expect.arrayContaining(variables));
    });

    it.each([
      ['nothing is excluded', {}, '127.0.0.1'],
      ['NO_PROXY is set', { NO_PROXY: 'example.com' }, 'example.com,127.0.0.1'],
      [
        'no_proxy is set too, which clients prefer',
        { NO_PROXY: 'example.com', no_proxy: 'a.example,b.example' },
        'a.example,b.example,127.0.0.1',
      ],
    ])('that excludes loopback from proxies when %s', async (_case, present, expected) => {
      const { NO_PROXY: _upper, no_proxy: _lower, ...others } = process.env;
      jest.replaceProperty(process, 'env', { ...others, ...present });

      const { environment } = await createTestMerchant();

      expect(environment).toMatchObject({ NO_PROXY: expected, no_proxy: expected });
    });
  });
});

describe('createTestPublicKey', () => {
  it('makes a key pair with an id as the merchant console shows it', async () => {
    const { id, pem, privateKey } = await createTestPublicKey();

    expect(id).toMatch(/^PUB_KEY_ID_\d{34}$/);
    expect(createPublicKey(pem).equals(createPublicKey(privateKey))).toBe(true);
  });
});

describe('createTestCertificate', () => {
  it('makes a key pair with a certificate that is valid for five years', async () => {
    const { id, pem, privateKey } = await createTestCertificate();

    const { serialNumber, subject, validFrom, validTo, ...x509 } = read(pem);
    expect(id).toMatch(/^[0-9A-F]{40}$/);
    expect(serialNumber).toBe(id);
    expect(subject).toBe('CN=Tenpay.com sign');
    expect(x509.fits(privateKey)).toBe(true);
    const year = 365 * 24 * 60 * 60 * 1000;
    expect(Date.parse(validFrom)).toBeLessThan(Date.now());
    expect(Date.parse(validTo)).toBeGreaterThan(Date.now() + 4.9 * year);
    expect(Date.parse(validTo)).toBeLessThan(Date.now() + 5.1 * year);
  });

  it('uses the name and the dates that it is given', async () => {
    const { pem } = await createTestCertificate({
      commonName: 'shop',
      notBefore: new Date('2020-01-02T03:04:05Z'),
      notAfter: new Date('2021-02-03T04:05:06Z'),
    });

    const { subject, validFrom, validTo } = read(pem);
    expect(subject).toBe('CN=shop');
    expect(new Date(validFrom)).toEqual(new Date('2020-01-02T03:04:05Z'));
    expect(new Date(validTo)).toEqual(new Date('2021-02-03T04:05:06Z'));
  });

  function read(pem: string) {
    const x509 = new X509Certificate(pem);
    const { serialNumber, subject, validFrom, validTo } = x509;
    const fits = (key: Parameters<X509Certificate['checkPrivateKey']>[0]): boolean =>
      x509.checkPrivateKey(key);
    return { serialNumber, subject, validFrom, validTo, fits };
  }
});
