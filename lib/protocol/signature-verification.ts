import type { KeyObject } from 'node:crypto';
import { verifyRsaSha256 } from './rsa.js';
import { isProbe, type SignatureHeaders } from './signature-headers.js';
import { SignatureRejection } from './signature-rejection.js';

/** `timestamp\n nonce\n body\n` over the raw bytes; for an empty body only its line feed stays. */
export function signedMessage(timestamp: string, nonce: string, body: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`${timestamp}\n${nonce}\n`), body, LINE_FEED]);
}

const LINE_FEED = Buffer.from('\n');

/**
 * The checks that need no key: time, then probe.
 *
 * @param nowMs present time in milliseconds
 * @param toleranceSeconds how far the timestamp may lie from now, either way
 * @throws SignatureRefusal TIMESTAMP_TOO_OLD, TIMESTAMP_TOO_NEW, SIGNATURE_PROBE
 */
export function assertTimely(
  headers: SignatureHeaders,
  nowMs: number,
  toleranceSeconds: number,
): void {
  const age = Math.floor(nowMs / 1000) - Number(headers.timestamp);
  if (Math.abs(age) > toleranceSeconds) {
    throw new SignatureRejection(
      age > 0 ? 'TIMESTAMP_TOO_OLD' : 'TIMESTAMP_TOO_NEW',
      `Wechatpay-Timestamp is ${Math.abs(age)} s ${age > 0 ? 'behind' : 'ahead of'} this machine's ` +
        `clock, ${toleranceSeconds} s are tolerated: a replayed message, or a clock to set (NTP).`,
    );
  }
  if (isProbe(headers.signature)) {
    throw new SignatureRejection(
      'SIGNATURE_PROBE',
      'WeChat Pay sent a deliberately wrong signature to see whether it would be refused. It was; nothing to do.',
    );
  }
}

/**
 * @param key the platform key that `headers.serial` names
 * @throws SignatureRefusal SIGNATURE_MISMATCH
 */
export function assertSignature(headers: SignatureHeaders, body: Uint8Array, key: KeyObject): void {
  const message = signedMessage(headers.timestamp, headers.nonce, body);
  if (!verifyRsaSha256(message, headers.signature, key)) {
    throw new SignatureRejection(
      'SIGNATURE_MISMATCH',
      `The signature does not fit these bytes and the platform key ${headers.serial}: ` +
        'forged, or the body was changed on its way (a proxy, a parser, a re-serialised JSON).',
    );
  }
}
