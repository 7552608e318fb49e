import { createPublicKey, verify, X509Certificate } from 'node:crypto';
import type {
  SimulatedError,
  TestMerchant,
  TestPlatformKey,
  WechatPaySimulator,
} from 'nestjs-wechatpay-complaint/testing';
import { type RequestToSign, signedHeaders } from '../../../support/client-http.js';
import { type HttpResponse as HttpResponse, httpPost } from '../../../support/http-post.js';

export type { HttpResponse };

/**
 * Sends a call as the merchant would, signed with Node's own means. `changes` replaces headers
 * afterwards; `undefined` removes one.
 */
export function call(
  simulator: WechatPaySimulator,
  merchant: TestMerchant,
  request: RequestToSign,
  changes: Readonly<Record<string, string | undefined>> = {},
): Promise<HttpResponse> {
  const { method = 'GET', target, body = '' } = request;
  const headers = { ...signedHeaders(merchant, request), ...changes };
  return httpPost(`${simulator.url}${target}`, headers, body, method);
}

/** Status and body of an error response. */
export function errorIn({ status, text }: HttpResponse): Partial<SimulatedError> {
  return { status, ...(JSON.parse(text) as object) };
}

/** Whether a response is signed with this key. */
export function isSignedBy({ headers, text }: HttpResponse, { id, pem }: TestPlatformKey): boolean {
  const [timestamp, nonce, serial, signature] = ['timestamp', 'nonce', 'serial', 'signature'].map(
    (name) => headers[`wechatpay-${name}`]?.toString() ?? '',
  );
  const key = pem.includes('CERTIFICATE')
    ? new X509Certificate(pem).publicKey
    : createPublicKey(pem);
  return (
    serial === id &&
    verify(
      'RSA-SHA256',
      Buffer.from(`${timestamp}\n${nonce}\n${text}\n`),
      key,
      Buffer.from(signature ?? '', 'base64'),
    )
  );
}
