import { createDecipheriv, type KeyObject } from 'node:crypto';

/** The algorithm with which APIv3 encrypts notifications and certificates. */
export const AEAD_AES_256_GCM = 'AEAD_AES_256_GCM';

export const CIPHER = 'aes-256-gcm';
const NONCE_LENGTH = 12;
export const TAG_LENGTH = 16;

/** Encrypted text as WeChat Pay sends it. */
export interface AeadCiphertext {
  /** base64 of the encrypted text followed by its authentication tag of 16 bytes. */
  readonly ciphertext: string;
  /** 12 bytes, as text. */
  readonly nonce: string;
  /** Authenticated together with the text. May be empty or absent. */
  readonly associated_data?: string | null;
}

/**
 * Decrypts a text and checks its authentication tag.
 *
 * @throws Error when the text was not encrypted with this key; holds no part of the text or the key
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012071382
 */
export function decryptAesGcm(
  { ciphertext, nonce, associated_data }: AeadCiphertext,
  apiV3Key: KeyObject,
): Buffer {
  const iv = Buffer.from(nonce);
  if (iv.length !== NONCE_LENGTH) {
    throw new Error(`the nonce has ${iv.length} bytes, ${NONCE_LENGTH} are needed`);
  }
  const bytes = Buffer.from(ciphertext, 'base64');
  if (bytes.length < TAG_LENGTH) {
    throw new Error(
      `the ciphertext has ${bytes.length} bytes, its authentication tag alone needs ${TAG_LENGTH}`,
    );
  }
  const split = bytes.length - TAG_LENGTH;
  const decipher = createDecipheriv(CIPHER, apiV3Key, iv, { authTagLength: TAG_LENGTH });
  decipher.setAuthTag(bytes.subarray(split));
  if (associated_data) decipher.setAAD(Buffer.from(associated_data));
  const plaintext = decipher.update(bytes.subarray(0, split));
  try {
    // Compares the tag. Without this call, forged text would be accepted.
    decipher.final();
  } catch {
    throw new Error('the authentication tag does not match: wrong APIv3 key, or changed text');
  }
  return plaintext;
}
