import { createDecipheriv, createSecretKey, randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { encryptAesGcm } from '../../../lib/testing/encrypt-aes-gcm.js';

const apiV3Key = createSecretKey(randomBytes(32));
const nonce = 'uluk4a9R25RW';

/** Decrypts with Node's own means, and checks the tag. */
function decrypt(ciphertext: string, associatedData = ''): string {
  const bytes = Buffer.from(ciphertext, 'base64');
  const decipher = createDecipheriv('aes-256-gcm', apiV3Key, nonce)
    .setAuthTag(bytes.subarray(-16))
    .setAAD(Buffer.from(associatedData));
  return Buffer.concat([decipher.update(bytes.subarray(0, -16)), decipher.final()]).toString();
}

describe('encryptAesGcm', () => {
  it('computes the known answer of wechatpay-java', () => {
    // github:wechatpay-apiv3/wechatpay-java, AeadAesCipherTest.java
    const key = createSecretKey(Buffer.from('a7cde1ZJB1kG2e7VfTs3jQzaWizur8Gb'));

    expect(encryptAesGcm('message', { nonce, associated_data: 'associatedData' }, key)).toBe(
      'ulwSiIajGClcvcOYvOQ7+l+0PAbzzwI=',
    );
  });

  it.each([
    ['with associated data', 'complaint'],
    ['with empty associated data', ''],
    ['without associated data', undefined],
    ['with null as associated data', null],
  ])('encrypts text and bytes %s', (_case, associated_data) => {
    for (const plaintext of ['投诉', Buffer.from('投诉')]) {
      const ciphertext = encryptAesGcm(plaintext, { nonce, associated_data }, apiV3Key);

      expect(decrypt(ciphertext, associated_data ?? '')).toBe('投诉');
    }
  });
});
