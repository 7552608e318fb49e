import { randomBytes } from 'node:crypto';
import type { ResolvedOptions } from '../config/resolve-options.js';
import { formatAuthorization, requestMessage } from '../protocol/authorization.js';
import { signRsaSha256 } from '../protocol/rsa.js';
import type { WechatPayRequest } from './wechatpay-request.js';

/** The Authorization header for one request, with a time and a nonce of its own. */
export async function signRequest(
  { method, target }: Pick<WechatPayRequest, 'method' | 'target'>,
  /** What of the body is signed; empty without one. */
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
