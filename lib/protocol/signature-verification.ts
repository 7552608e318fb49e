import type { KeyObject } from 'node:crypto';
import { verifyRsaSha256 } from './rsa.js';
import { isProbe, type SignatureHeaders } from './signature-headers.js';
import { SignatureRejection } from './signature-rejection.js';

/** The message that WeChat Pay signs: `timestamp\n`, `nonce\n`, then the raw body and `\n`. */
export function signedMessage(timestamp: string, nonce: string, body: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`${timestamp}\n${nonce}\n`), body, LINE_FEED]);
}

const LINE_FEED = Buffer.from('\n');

/**
 * Checks what needs no key: first the timestamp, then that the signature is not a probe.
 *
 * @param nowMs current time in milliseconds since 1970
 * @param toleranceSeconds largest accepted difference between timestamp and current time
 * @throws SignatureRejection TIMESTAMP_TOO_OLD, TIMESTAMP_TOO_NEW, SIGNATURE_PROBE
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
        `clock, at most ${toleranceSeconds} s are accepted. Either the message was replayed, or a clock is ` +
        'wrong: check NTP.',
    );
  }
  if (isProbe(headers.signature)) {
    throw new SignatureRejection(
      'SIGNATURE_PROBE',
      'WeChat Pay sent a wrong signature on purpose, to check that signatures are verified. ' +
        'It was rejected as it should be; no action is needed.',
    );
  }
}

/** Whether this key verifies the signature over the raw bytes of a body. */
export function isSignedWith(headers: SignatureHeaders, body: Uint8Array, key: KeyObject): boolean {
  const message = signedMessage(headers.timestamp, headers.nonce, body);
  return verifyRsaSha256(message, headers.signature, key);
}

/**
 * Verifies the signature over the raw bytes of a body.
 *
 * @param key the platform key that `headers.serial` names
 * @throws SignatureRejection SIGNATURE_MISMATCH
 */
export function assertSignature(headers: SignatureHeaders, body: Uint8Array, key: KeyObject): void {
  if (!isSignedWith(headers, body, key)) {
    throw new SignatureRejection(
      'SIGNATURE_MISMATCH',
      `The signature does not match these bytes and the platform key ${headers.serial}. Either the ` +
        'message is forged, or the body was changed on the way: by a proxy, or by parsing and ' +
        'serialising JSON.',
    );
  }
}
