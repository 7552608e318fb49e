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

  const decrypt = (answer: unknown, key = apiV3Key) =>
    decryptCertificates(Buffer.from(JSON.stringify(answer)), key);

  /** An answer of one entry that is right but for a change. */
  const withEntry = (change: (entry: ListedCertificate) => unknown) => ({
    data: [change(listed(first, merchant.apiV3Key))],
  });
  const withEncrypted = (change: Record<string, unknown>) =>
    withEntry((entry) => ({
      ...entry,
      encrypt_certificate: { ...entry.encrypt_certificate, ...change },
    }));

  it('gives serial, key and life time of every certificate', () => {
    const certificates = decrypt({
      data: [first, second].map((certificate) => listed(certificate, merchant.apiV3Key)),
    });

    expect(certificates.map(({ serial }) => serial)).toEqual([first.id, second.id]);
    expect(
      certificates.map(({ key }, i) => key.equals(createPublicKey([first, second][i]?.pem ?? ''))),
    ).toEqual([true, true]);
    expect(certificates[1]?.expiresAt).toBe(Date.parse('2040-01-02T03:04:05Z'));
  });

  it('gives nothing for an empty list', () => {
    expect(decrypt({ data: [] })).toEqual([]);
  });

  it('takes the life time from the certificate, however the times beside it are spelt', () => {
    const [certificate] = decrypt(
      withEntry(({ serial_no, encrypt_certificate }) => ({
        serial_no,
        'effective_time ': 'yesterday',
        'expire_time ': 'tomorrow',
        encrypt_certificate,
      })),
    );

    expect(certificate?.expiresAt).toBe(Date.parse(new X509Certificate(first.pem).validTo));
  });

  it('takes a serial_no in lower case', () => {
    const answer = withEntry((entry) => ({ ...entry, serial_no: first.id.toLowerCase() }));

    expect(decrypt(answer)[0]?.serial).toBe(first.id);
  });

  it.each([[undefined], [null], ['']])('takes %j for associated_data', (associated_data) => {
    const nonce = '0123456789ab';
    const ciphertext = encrypt(first.pem, nonce, '', merchant.apiV3Key);

    expect(decrypt(withEncrypted({ nonce, ciphertext, associated_data }))).toHaveLength(1);
  });

  it.each([
    ['text that is not JSON', Buffer.from('<html>')],
    ['nothing', Buffer.alloc(0)],
    ['a list in place of the object', Buffer.from('[]')],
    ['an object without data', Buffer.from('{}')],
    ['data that is no list', Buffer.from('{"data":{}}')],
  ])('refuses %s', (_case, body) => {
    expect(() => decryptCertificates(body, apiV3Key)).toThrow(
      new Error('the answer holds no list of certificates'),
    );
  });

  it.each([[null], ['text'], [[]], [{}], [{ encrypt_certificate: null }]])(
    'refuses %j as an entry',
    (entry) => {
      expect(() => decrypt({ data: [entry] })).toThrow('an entry has no encrypt_certificate');
    },
  );

  it.each([
    ['algorithm', 'AEAD_SM4_GCM', 'an entry uses an unknown algorithm'],
    ['algorithm', undefined, 'an entry uses an unknown algorithm'],
    ['ciphertext', undefined, 'an entry has no ciphertext or nonce'],
    ['ciphertext', 1, 'an entry has no ciphertext or nonce'],
    ['nonce', null, 'an entry has no ciphertext or nonce'],
    ['nonce', 'short', 'the nonce has 5 bytes'],
    ['ciphertext', 'AAAA', 'the ciphertext has 3 bytes'],
    ['associated_data', 'other', 'the tag does not fit'],
    ['ciphertext', 'A'.repeat(64), 'the tag does not fit'],
  ])('refuses an entry with %s %j', (field, value, message) => {
    expect(() => decrypt(withEncrypted({ [field]: value }))).toThrow(message);
  });

  it('refuses what was encrypted with another APIv3 key', () => {
    const other = createSecretKey(Buffer.alloc(32, 'a'));

    expect(() =>
      decrypt(
        withEntry((entry) => entry),
        other,
      ),
    ).toThrow('the tag does not fit');
  });

  it('refuses an entry that decrypts to something else than a certificate', () => {
    const nonce = '0123456789ab';
    const ciphertext = encrypt('hello', nonce, 'certificate', merchant.apiV3Key);

    expect(() => decrypt(withEncrypted({ nonce, ciphertext }))).toThrow('is damaged');
  });

  it.each([['ABCDEF'], [undefined], [null]])(
    'refuses an entry whose serial_no is %j, not that of its certificate',
    (serial_no) => {
      expect(() => decrypt(withEntry((entry) => ({ ...entry, serial_no })))).toThrow(
        `serial_no does not fit the certificate ${first.id}`,
      );
    },
  );

  it('refuses the whole answer for one faulty entry', () => {
    const entries = [listed(first, merchant.apiV3Key), {}];

    expect(() => decrypt({ data: entries })).toThrow('an entry has no encrypt_certificate');
  });
});
