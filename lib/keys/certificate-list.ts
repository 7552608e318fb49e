import type { KeyObject } from 'node:crypto';
import { AEAD_AES_256_GCM, decryptAesGcm } from '../protocol/aes-gcm.js';
import { isJsonObject, parseJsonObject } from '../utils/json.js';
import {
  KeyMaterialError,
  parseCertificate,
  type PlatformCertificate,
} from '../protocol/rsa-key.js';

/**
 * The certificates in an answer of `GET /v3/certificates`. Each was encrypted with the APIv3 key,
 * which only WeChat Pay and the merchant know: decrypting one authenticates it. Its life time is
 * read from the certificate itself, so that the spelling of the times beside it does not matter.
 *
 * @throws Error when the answer has another form, or an entry does not decrypt
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012551764
 */
export function decryptCertificates(body: Uint8Array, apiV3Key: KeyObject): PlatformCertificate[] {
  const data = parseJsonObject(body)?.data;
  if (!Array.isArray(data)) throw new Error('the answer holds no list of certificates');
  return data.map((entry: unknown) => {
    const encrypted = isJsonObject(entry) ? entry.encrypt_certificate : undefined;
    if (!isJsonObject(entry) || !isJsonObject(encrypted)) {
      throw new Error('an entry has no encrypt_certificate');
    }
    const { algorithm, ciphertext, nonce, associated_data } = encrypted;
    if (algorithm !== AEAD_AES_256_GCM) throw new Error('an entry uses an unknown algorithm');
    if (typeof ciphertext !== 'string' || typeof nonce !== 'string') {
      throw new Error('an entry has no ciphertext or nonce');
    }
    const pem = decryptAesGcm(
      {
        ciphertext,
        nonce,
        associated_data: typeof associated_data === 'string' ? associated_data : undefined,
      },
      apiV3Key,
    );
    const certificate = parse(pem.toString());
    if (certificate.serial !== String(entry.serial_no).toUpperCase()) {
      throw new Error(`serial_no does not fit the certificate ${certificate.serial}`);
    }
    return certificate;
  });
}

function parse(pem: string): PlatformCertificate {
  try {
    return parseCertificate(pem);
  } catch (cause) {
    const reason = cause instanceof KeyMaterialError ? cause.problem : 'cannot be read';
    throw new Error(`a listed certificate ${reason}`, { cause });
  }
}
