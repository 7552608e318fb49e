import { createCipheriv, type KeyObject } from 'node:crypto';
import { type AeadCiphertext, CIPHER, TAG_LENGTH } from '../protocol/aes-gcm.js';

/** Encrypts as WeChat Pay does: base64 of the encrypted text followed by its tag. */
export function encryptAesGcm(
  plaintext: string | Uint8Array,
  { nonce, associated_data }: Omit<AeadCiphertext, 'ciphertext'>,
  apiV3Key: KeyObject,
): string {
  const cipher = createCipheriv(CIPHER, apiV3Key, Buffer.from(nonce), {
    authTagLength: TAG_LENGTH,
  });
  if (associated_data) cipher.setAAD(Buffer.from(associated_data));
  const parts = [cipher.update(Buffer.from(plaintext)), cipher.final(), cipher.getAuthTag()];
  return Buffer.concat(parts).toString('base64');
}
