import { createDecipheriv, type KeyObject } from 'node:crypto';

/** The one algorithm that APIv3 encrypts notifications and certificates with. */
export const AEAD_AES_256_GCM = 'AEAD_AES_256_GCM';

export const CIPHER = 'aes-256-gcm';
const NONCE_LENGTH = 12;
export const TAG_LENGTH = 16;

/** Encrypted text as WeChat Pay sends it. */
export interface AeadCiphertext {
  /** base64 of the encrypted text followed by a tag of 16 bytes. */
  readonly ciphertext: string;
  /** 12 bytes, as text. */
  readonly nonce: string;
  /** Authenticated beside the text; may be empty or absent. */
  readonly associated_data?: string | null;
}

/**
 * Decrypts and checks the tag: text that was not encrypted with this key never comes back.
 *
 * @throws Error without any part of the text or the key
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
    throw new Error(`the ciphertext has ${bytes.length} bytes, its tag alone needs ${TAG_LENGTH}`);
  }
  const split = bytes.length - TAG_LENGTH;
  const decipher = createDecipheriv(CIPHER, apiV3Key, iv, { authTagLength: TAG_LENGTH });
  decipher.setAuthTag(bytes.subarray(split));
  if (associated_data) decipher.setAAD(Buffer.from(associated_data));
  const plaintext = decipher.update(bytes.subarray(0, split));
  try {
    // This is what compares the tag; in GCM it adds nothing to the text. Until then it is anybody's.
    decipher.final();
  } catch {
    throw new Error('the tag does not fit: another APIv3 key, or a changed text');
  }
  return plaintext;
}
