import { randomBytes } from 'node:crypto';
import type { ResolvedOptions } from '../config/resolve-options.js';
import { formatAuthorization, requestMessage } from '../protocol/authorization.js';
import { signRsaSha256 } from '../protocol/rsa.js';
import type { WechatPayRequest } from './wechatpay-request.js';

/**
 * The Authorization header for one request, with a fresh timestamp and nonce.
 *
 * @param body the signed part of the body; empty for a request without one
 */
export async function signRequest(
  { method, target }: Pick<WechatPayRequest, 'method' | 'target'>,
  body: string,
  { mchid, serial, privateKey }: Pick<ResolvedOptions, 'mchid' | 'serial' | 'privateKey'>,
): Promise<string> {
  const timestamp = String(Math.floor(Date.now() / 1000));
  const nonce = randomBytes(16).toString('hex').toUpperCase();
  const message = requestMessage({ method, target, timestamp, nonce, body });
  const signature = await signRsaSha256(message, privateKey);
  return formatAuthorization({
    mchid,
    nonce_str: nonce,
    signature,
    timestamp,
    serial_no: serial,
  });
}
