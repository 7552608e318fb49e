import { createSecretKey, randomBytes } from 'node:crypto';
import { AEAD_AES_256_GCM } from '../../protocol/aes-gcm.js';
import { parseCertificate } from '../../protocol/rsa-key.js';
import { errorResponse, notFound, type SimulatedResponse, success } from './simulated-response.js';
import type { TestMerchant, TestPlatformKey } from '../test-merchant.js';
import { encryptAesGcm } from '../encrypt-aes-gcm.js';

export const CERTIFICATES_PATH = '/v3/certificates';

/** The list of platform certificates, each encrypted. */
export function serveCertificates(
  { apiV3Key: key }: TestMerchant,
  certificates: readonly TestPlatformKey[],
): SimulatedResponse {
  if (certificates.length === 0) {
    return errorResponse(notFound('无可用的平台证书，请使用微信支付公钥'));
  }
  const apiV3Key = createSecretKey(Buffer.from(key));
  const data = certificates.map(({ id, pem }) => {
    const nonce = randomBytes(6).toString('hex');
    const associated_data = 'certificate';
    return {
      serial_no: id,
      effective_time: new Date().toISOString(),
      expire_time: new Date(parseCertificate(pem).expiresAt).toISOString(),
      encrypt_certificate: {
        algorithm: AEAD_AES_256_GCM,
        nonce,
        associated_data,
        ciphertext: encryptAesGcm(pem, { nonce, associated_data }, apiV3Key),
      },
    };
  });
  return success({ data });
}
