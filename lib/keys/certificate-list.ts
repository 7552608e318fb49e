import type { KeyObject } from 'node:crypto';
import { AEAD_AES_256_GCM, decryptAesGcm } from '../protocol/aes-gcm.js';
import { KeyMaterialError } from '../protocol/key-material-error.js';
import { parseCertificate, type PlatformCertificate } from '../protocol/rsa-key.js';
import { errorMessage } from '../utils/error-message.js';
import { isJsonObject, parseJsonObject } from '../utils/json.js';

/** The entries of a response of `GET /v3/certificates`. */
export interface CertificateList {
  readonly certificates: readonly PlatformCertificate[];
  /** Why entries cannot be used, one reason per entry. */
  readonly unreadable: readonly string[];
}

/**
 * Decrypts the certificates in a response of `GET /v3/certificates`. Only WeChat Pay and the merchant
 * know the APIv3 key, so decrypting a certificate authenticates it. Its expiry is read from the
 * certificate, because the times beside it are not always spelt as documented.
 *
 * @throws Error when the response has another form
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012551764
 */
export function decryptCertificates(body: Uint8Array, apiV3Key: KeyObject): CertificateList {
  const data = parseJsonObject(body)?.data;
  if (!Array.isArray(data)) throw new Error('the response holds no list of certificates');
  const certificates: PlatformCertificate[] = [];
  const unreadable: string[] = [];
  for (const entry of data as unknown[]) {
    try {
      certificates.push(decryptEntry(entry, apiV3Key));
    } catch (error) {
      unreadable.push(errorMessage(error));
    }
  }
  return { certificates, unreadable };
}

function decryptEntry(entry: unknown, apiV3Key: KeyObject): PlatformCertificate {
  const encrypted = isJsonObject(entry) ? entry.encrypt_certificate : undefined;
  if (!isJsonObject(entry) || !isJsonObject(encrypted)) {
    throw new Error('it has no encrypt_certificate');
  }
  const { algorithm, ciphertext, nonce, associated_data } = encrypted;
  if (algorithm !== AEAD_AES_256_GCM) throw new Error('its algorithm is not supported');
  if (typeof ciphertext !== 'string' || typeof nonce !== 'string') {
    throw new Error('it has no ciphertext or nonce');
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
    throw new Error(`its serial_no is not that of its certificate ${certificate.serial}`);
  }
  return certificate;
}

function parse(pem: string): PlatformCertificate {
  try {
    return parseCertificate(pem);
  } catch (cause) {
    const reason = cause instanceof KeyMaterialError ? cause.problem : 'cannot be read';
    throw new Error(`its certificate ${reason}`, { cause });
  }
}
