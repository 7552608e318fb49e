import { constants, type KeyObject, privateDecrypt, sign, verify } from 'node:crypto';

const ALGORITHM = 'RSA-SHA256';

/** RSASSA-PKCS1-v1_5 with SHA-256, base64. Runs in libuv's pool, for signing takes some 200 microseconds. */
export function signRsaSha256(
  message: string | Uint8Array,
  privateKey: KeyObject,
): Promise<string> {
  return new Promise((resolve, reject) => {
    sign(ALGORITHM, Buffer.from(message), privateKey, (error, signature) => {
      if (error) reject(error);
      else resolve(signature.toString('base64'));
    });
  });
}

/** Verifying takes some 16 microseconds, less than a round trip through the pool would. */
export function verifyRsaSha256(
  message: Uint8Array,
  signature: string,
  publicKey: KeyObject,
): boolean {
  return verify(ALGORITHM, message, publicKey, Buffer.from(signature, 'base64'));
}

const UTF8 = new TextDecoder('utf-8', { fatal: true });

/**
 * RSA-OAEP with SHA-1 and MGF1-SHA-1, from base64: what WeChat Pay encrypts sensitive fields with.
 * Takes some 200 microseconds.
 *
 * @throws Error when the ciphertext is damaged, or was made for another key
 */
export function decryptRsaOaep(ciphertext: string, privateKey: KeyObject): string {
  const padding = constants.RSA_PKCS1_OAEP_PADDING;
  return UTF8.decode(
    privateDecrypt(
      { key: privateKey, padding, oaepHash: 'sha1' },
      Buffer.from(ciphertext, 'base64'),
    ),
  );
}
