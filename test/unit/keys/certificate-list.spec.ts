import { createPublicKey, createSecretKey, type KeyObject, X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import {
  createTestCertificate,
  createTestMerchant,
  type TestMerchant,
  type TestPlatformKey,
} from 'nestjs-wechatpay-complaint/testing';
import { decryptCertificates } from '../../../lib/keys/certificate-list.js';
import { encrypt, listed, type ListedCertificate } from '../../support/client-certificates.js';

describe('decryptCertificates', () => {
  let merchant: TestMerchant;
  let first: TestPlatformKey;
  let second: TestPlatformKey;
  let apiV3Key: KeyObject;
  beforeAll(async () => {
    merchant = await createTestMerchant();
    first = merchant.platformCertificate;
    second = await createTestCertificate({ notAfter: new Date('2040-01-02T03:04:05Z') });
    apiV3Key = createSecretKey(Buffer.from(merchant.apiV3Key));
  });

  const decrypt = (data: unknown, key = apiV3Key) =>
    decryptCertificates(Buffer.from(JSON.stringify({ data })), key);

  /** A list with one entry, which is correct but for a change. */
  const withEntry = (change: (entry: ListedCertificate) => unknown) => [
    change(listed(first, merchant.apiV3Key)),
  ];
  const withEncrypted = (change: Record<string, unknown>) =>
    withEntry((entry) => ({
      ...entry,
      encrypt_certificate: { ...entry.encrypt_certificate, ...change },
    }));

  it('returns serial number, key and expiry of every certificate', () => {
    const { certificates, unreadable } = decrypt(
      [first, second].map((certificate) => listed(certificate, merchant.apiV3Key)),
    );

    expect(unreadable).toEqual([]);
    expect(certificates.map(({ serial }) => serial)).toEqual([first.id, second.id]);
    expect(
      certificates.map(({ key }, i) => key.equals(createPublicKey([first, second][i]?.pem ?? ''))),
    ).toEqual([true, true]);
    expect(certificates[1]?.expiresAt).toBe(Date.parse('2040-01-02T03:04:05Z'));
  });

  it('returns nothing for an empty list', () => {
    expect(decrypt([])).toEqual({ certificates: [], unreadable: [] });
  });

  it('reads the expiry from the certificate, however the times beside it are spelt', () => {
    const { certificates } = decrypt(
      withEntry(({ serial_no, encrypt_certificate }) => ({
        serial_no,
        'effective_time ': 'yesterday',
        'expire_time ': 'tomorrow',
        encrypt_certificate,
      })),
    );

    expect(certificates[0]?.expiresAt).toBe(Date.parse(new X509Certificate(first.pem).validTo));
  });

  it('accepts a serial_no in lower case', () => {
    const list = withEntry((entry) => ({ ...entry, serial_no: first.id.toLowerCase() }));

    expect(decrypt(list).certificates[0]?.serial).toBe(first.id);
  });

  it.each([[undefined], [null], ['']])('accepts %j as associated_data', (associated_data) => {
    const nonce = '0123456789ab';
    const ciphertext = encrypt(first.pem, nonce, '', merchant.apiV3Key);

    expect(
      decrypt(withEncrypted({ nonce, ciphertext, associated_data })).certificates,
    ).toHaveLength(1);
  });

  it.each([
    ['text that is not JSON', Buffer.from('<html>')],
    ['nothing', Buffer.alloc(0)],
    ['a list in place of the object', Buffer.from('[]')],
    ['an object without data', Buffer.from('{}')],
    ['data that is not a list', Buffer.from('{"data":{}}')],
  ])('rejects %s', (_case, body) => {
    expect(() => decryptCertificates(body, apiV3Key)).toThrow(
      new Error('the response holds no list of certificates'),
    );
  });

  const CERTIFICATE = /^its certificate is damaged/;
  const NO_CERTIFICATE = /^it has no encrypt_certificate$/;
  const NO_TEXT = /^it has no ciphertext or nonce$/;
  const ALGORITHM = /^its algorithm is not supported$/;
  const TAG = /^the authentication tag does not match/;
  it.each<[what: string, list: () => unknown[], reason: RegExp]>([
    ['null', () => [null], NO_CERTIFICATE],
    ['text', () => ['text'], NO_CERTIFICATE],
    ['a list', () => [[]], NO_CERTIFICATE],
    ['an empty object', () => [{}], NO_CERTIFICATE],
    ['null for its certificate', () => [{ encrypt_certificate: null }], NO_CERTIFICATE],
    ['another algorithm', () => withEncrypted({ algorithm: 'AEAD_SM4_GCM' }), ALGORITHM],
    ['no algorithm', () => withEncrypted({ algorithm: undefined }), ALGORITHM],
    ['no ciphertext', () => withEncrypted({ ciphertext: undefined }), NO_TEXT],
    ['a number as ciphertext', () => withEncrypted({ ciphertext: 1 }), NO_TEXT],
    ['no nonce', () => withEncrypted({ nonce: null }), NO_TEXT],
    ['a short nonce', () => withEncrypted({ nonce: 'short' }), /^the nonce has 5 bytes/],
    ['a short ciphertext', () => withEncrypted({ ciphertext: 'AAAA' }), /^the ciphertext has 3/],
    ['other associated data', () => withEncrypted({ associated_data: 'other' }), TAG],
    ['another ciphertext', () => withEncrypted({ ciphertext: 'A'.repeat(64) }), TAG],
    ['another APIv3 key', () => [listed(first, 'x'.repeat(32))], TAG],
    ['text in place of a certificate', () => withEncrypted(encryptedText('hello')), CERTIFICATE],
    ['another serial_no', () => withEntry((entry) => ({ ...entry, serial_no: 'AB' })), serialNo()],
    ['no serial_no', () => withEntry((entry) => ({ ...entry, serial_no: null })), serialNo()],
  ])('skips an entry with %s, and says why', (_what, list, reason) => {
    const { certificates, unreadable } = decrypt([...list(), listed(second, merchant.apiV3Key)]);

    expect(certificates.map(({ serial }) => serial)).toEqual([second.id]);
    expect(unreadable).toEqual([expect.stringMatching(reason)]);
  });

  it('gives one reason for each entry that it skips', () => {
    const { certificates, unreadable } = decrypt([{}, listed(first, merchant.apiV3Key), {}]);

    expect(certificates).toHaveLength(1);
    expect(unreadable).toHaveLength(2);
  });

  function encryptedText(text: string): { nonce: string; ciphertext: string } {
    const nonce = '0123456789ab';
    return { nonce, ciphertext: encrypt(text, nonce, 'certificate', merchant.apiV3Key) };
  }

  function serialNo(): RegExp {
    return /^its serial_no is not that of its certificate [0-9A-F]{40}$/;
  }
});
