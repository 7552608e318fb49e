import { describe, expect, it } from '@jest/globals';
import { createSecretKey, randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { decryptAesGcm } from '../../../lib/protocol/aes-gcm.js';
import { encryptAesGcm } from '../../../lib/testing/encrypt-aes-gcm.js';

const key = createSecretKey(randomBytes(32));
const nonce = 'uluk4a9R25RW';
const associated_data = 'complaint';
const plaintext = '{"complaint_id":"200201820200101080076610000","action_type":"创建投诉"}';

/** The same base64 with one bit of one byte flipped. */
function flipBit(base64: string, byte: number): string {
  const bytes = Buffer.from(base64, 'base64');
  const index = byte < 0 ? bytes.length + byte : byte;
  bytes.writeUInt8(bytes.readUInt8(index) ^ 1, index);
  return bytes.toString('base64');
}

describe('decryptAesGcm', () => {
  it('decrypts the test vector of wechatpay-java', () => {
    // github:wechatpay-apiv3/wechatpay-java, AeadAesCipherTest.java
    const bytes = decryptAesGcm(
      {
        ciphertext: 'ulwSiIajGClcvcOYvOQ7+l+0PAbzzwI=',
        nonce: 'uluk4a9R25RW',
        associated_data: 'associatedData',
      },
      createSecretKey(Buffer.from('a7cde1ZJB1kG2e7VfTs3jQzaWizur8Gb')),
    );

    expect(bytes.toString()).toBe('message');
  });

  it.each([plaintext, '', 'x'.repeat(100_000)])(
    'returns the text that was encrypted (%#)',
    (expected) => {
      const ciphertext = encryptAesGcm(expected, { nonce, associated_data }, key);

      expect(decryptAesGcm({ ciphertext, nonce, associated_data }, key).toString()).toBe(expected);
    },
  );

  it('returns bytes that are not UTF-8', () => {
    const bytes = randomBytes(64);
    const ciphertext = encryptAesGcm(bytes, { nonce }, key);

    expect(decryptAesGcm({ ciphertext, nonce }, key).equals(bytes)).toBe(true);
  });

  // A resource without associated_data can say so in three ways, which mean the same.
  const none = [{}, { associated_data: '' }, { associated_data: null }];
  it.each(none.flatMap((sent) => none.map((read) => [sent, read] as const)))(
    'treats absent, empty and null associated data alike: %j, %j',
    (sent, read) => {
      const ciphertext = encryptAesGcm(plaintext, { nonce, ...sent }, key);

      expect(decryptAesGcm({ ciphertext, nonce, ...read }, key).toString()).toBe(plaintext);
    },
  );

  const ciphertext = encryptAesGcm(plaintext, { nonce, associated_data }, key);
  it.each([
    ['another key', { ciphertext, nonce, associated_data }, createSecretKey(randomBytes(32))],
    ['another nonce', { ciphertext, nonce: 'uluk4a9R25RX', associated_data }, key],
    ['other associated data', { ciphertext, nonce, associated_data: 'certificate' }, key],
    ['absent associated data', { ciphertext, nonce }, key],
    ['a changed text', { ciphertext: flipBit(ciphertext, 0), nonce, associated_data }, key],
    [
      'a changed first byte of the tag',
      { ciphertext: flipBit(ciphertext, -16), nonce, associated_data },
      key,
    ],
    [
      'a changed last byte of the tag',
      { ciphertext: flipBit(ciphertext, -1), nonce, associated_data },
      key,
    ],
    [
      'a text without its last byte',
      {
        ciphertext: Buffer.from(ciphertext, 'base64').subarray(0, -1).toString('base64'),
        nonce,
        associated_data,
      },
      key,
    ],
  ])('rejects %s', (_what, encrypted, withKey) => {
    expect(() => decryptAesGcm(encrypted, withKey)).toThrow(
      'the authentication tag does not match: wrong APIv3 key, or changed text',
    );
  });

  it.each([
    ['0', ''],
    ['11', 'uluk4a9R25R'],
    ['13', 'uluk4a9R25RWx'],
    // 12 characters, but 14 bytes.
    ['14', '投uluk4a9R25R'],
  ])('rejects a nonce of %s bytes', (length, wrong) => {
    expect(() => decryptAesGcm({ ciphertext, nonce: wrong, associated_data }, key)).toThrow(
      `the nonce has ${length} bytes, 12 are needed`,
    );
  });

  // GCM allows shorter tags, but a tag of 4 bytes can be guessed.
  it.each([0, 4, 15])('rejects a ciphertext of %i bytes, shorter than its tag', (length) => {
    const short = randomBytes(length).toString('base64');

    expect(() => decryptAesGcm({ ciphertext: short, nonce }, key)).toThrow(
      `the ciphertext has ${length} bytes, its authentication tag alone needs 16`,
    );
  });

  it('holds neither the key nor the text in its errors', () => {
    const secret = 'a7cde1ZJB1kG2e7VfTs3jQzaWizur8Gb';
    const forged = { ciphertext: flipBit(ciphertext, 0), nonce, associated_data };
    let error: unknown;
    try {
      decryptAesGcm(forged, createSecretKey(Buffer.from(secret)));
    } catch (thrown) {
      error = thrown;
    }

    const text = inspect(error, { depth: 10, showHidden: true });
    expect(text).toContain('the authentication tag does not match');
    expect(text).not.toContain(secret);
    expect(text).not.toContain(forged.ciphertext);
    expect(text).not.toContain('complaint_id');
  });
});
