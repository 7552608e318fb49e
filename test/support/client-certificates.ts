import { createCipheriv, randomBytes } from 'node:crypto';
import type { IncomingNotification } from 'nestjs-wechatpay-complaint';
import {
  type ComplaintNotificationContent,
  type SignatureOptions,
  signComplaintNotification,
  signNotificationBody,
  type TestMerchant,
  type TestPlatformKey,
} from 'nestjs-wechatpay-complaint/testing';

/** AEAD_AES_256_GCM, written with Node's crypto alone. */
export function encrypt(text: string, nonce: string, associatedData: string, key: string): string {
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(associatedData));
  const parts = [cipher.update(text), cipher.final(), cipher.getAuthTag()];
  return Buffer.concat(parts).toString('base64');
}

export interface ListedCertificate {
  readonly serial_no: string;
  readonly [field: string]: unknown;
  readonly encrypt_certificate: Readonly<Record<string, unknown>>;
}

/** One entry of the response to `GET /v3/certificates`, as documented. */
export function listed({ id, pem }: TestPlatformKey, apiV3Key: string): ListedCertificate {
  const nonce = randomBytes(6).toString('hex');
  return {
    serial_no: id,
    effective_time: '2018-06-08T10:34:56+08:00',
    expire_time: '2048-06-08T10:34:56+08:00',
    encrypt_certificate: {
      algorithm: 'AEAD_AES_256_GCM',
      nonce,
      associated_data: 'certificate',
      ciphertext: encrypt(pem, nonce, 'certificate', apiV3Key),
    },
  };
}

/** A response of `GET /v3/certificates`, signed with the last certificate or another key. */
export function listResponse(
  merchant: TestMerchant,
  certificates: readonly TestPlatformKey[],
  signWith = certificates.at(-1),
): { headers: Record<string, string>; body: Buffer } {
  const data = certificates.map((certificate) => listed(certificate, merchant.apiV3Key));
  return signedList(merchant, data, signWith);
}

/** The same with entries of any form. */
export function signedList(
  merchant: TestMerchant,
  data: readonly unknown[],
  signWith?: TestPlatformKey,
): { headers: Record<string, string>; body: Buffer } {
  const body = Buffer.from(JSON.stringify({ data }));
  const headers = Object.entries(signNotificationBody(merchant, body, { signWith }));
  return {
    headers: Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value])),
    body,
  };
}

/** A notification as the verifier expects it: headers by lower-case name, the body as bytes. */
export function incoming(
  merchant: TestMerchant,
  options: ComplaintNotificationContent & SignatureOptions = {},
): IncomingNotification {
  const { headers, body } = signComplaintNotification(merchant, options);
  return {
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
    ),
    body: Buffer.from(body),
  };
}
