import { createSecretKey, randomBytes, X509Certificate } from 'node:crypto';
import { AEAD_AES_256_GCM } from '../../../protocol/aes-gcm.js';
import { encryptAesGcm } from '../../encrypt-aes-gcm.js';
import { errorResponse, notFound, type SimulatedResponse, success } from '../simulated-response.js';
import type { SimulatedCall } from './route-table.js';

/** The list of platform certificates, each encrypted with the merchant's APIv3 key. */
export function respondWithCertificates({ state }: SimulatedCall): SimulatedResponse {
  const { certificates, merchant } = state;
  if (certificates.length === 0) {
    return errorResponse(notFound('无可用的平台证书，请使用微信支付公钥'));
  }
  const apiV3Key = createSecretKey(Buffer.from(merchant.apiV3Key));
  const data = certificates.map(({ id, pem }) => {
    const nonce = randomBytes(6).toString('hex');
    const associated_data = 'certificate';
    const { validFrom, validTo } = new X509Certificate(pem);
    return {
      serial_no: id,
      effective_time: new Date(validFrom).toISOString(),
      expire_time: new Date(validTo).toISOString(),
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
