import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import {
  createTestCertificate,
  createTestMerchant,
  createTestPublicKey,
  type TestMerchantMode,
} from 'nestjs-wechatpay-complaint/testing';

describe('createTestMerchant', () => {
  it('makes a merchant whose certificate, serial and private key belong together', async () => {
    const { certificate, serial, privateKey, mchid, apiV3Key } = await createTestMerchant();

    const x509 = new X509Certificate(certificate);
    expect(x509.serialNumber).toBe(serial);
    expect(x509.subject).toBe(`CN=${mchid}`);
    expect(x509.checkPrivateKey(createPrivateKey(privateKey))).toBe(true);
    expect(Buffer.byteLength(apiV3Key)).toBe(32);
  });

  it.each<[TestMerchantMode, boolean, boolean]>([
    ['public-key', true, false],
    ['migration', true, true],
    ['certificate', false, true],
  ])('gives the options of %s mode', async (mode, hasPublicKey, download) => {
    const merchant = await createTestMerchant({ mode, mchid: '1900000111' });
    const { mchid, serial, privateKey, apiV3Key, publicKey } = merchant;

    expect(merchant.mode).toBe(mode);
    expect(merchant.options).toEqual({
      mchid: '1900000111',
      serial,
      privateKey,
      apiV3Key,
      ...(hasPublicKey && { platformKeys: { [publicKey.id]: publicKey.pem } }),
      platformCertificates: { download },
    });
    expect(mchid).toBe('1900000111');
  });

  it('makes another one every time', async () => {
    const [one, other] = await Promise.all([createTestMerchant(), createTestMerchant()]);

    expect(one.serial).not.toBe(other.serial);
    expect(one.privateKey).not.toBe(other.privateKey);
    expect(one.apiV3Key).not.toBe(other.apiV3Key);
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
  it('makes a key pair with a certificate that lives for five years', async () => {
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

  it('takes name and life time as they are given', async () => {
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
