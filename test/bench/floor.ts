import assert from 'node:assert/strict';
import {
  createDecipheriv,
  createPublicKey,
  createSecretKey,
  type KeyObject,
  verify,
} from 'node:crypto';
import type { SignedNotification, TestMerchant } from '../../lib/testing/index.js';

/** The keys as a hand-written receiver would have them: parsed once. */
export interface FloorKeys {
  readonly publicKey: KeyObject;
  readonly apiV3Key: KeyObject;
}

export function floorKeys({ publicKey, apiV3Key }: TestMerchant): FloorKeys {
  return {
    publicKey: createPublicKey(publicKey.pem),
    apiV3Key: createSecretKey(Buffer.from(apiV3Key)),
  };
}

/**
 * The least that a receiver can do: verify with a ready key, decrypt, parse. No header is checked
 * for its form, no time, no serial, no field: nobody should receive notifications like this.
 */
export function receiveByHand(
  headers: Readonly<Record<string, string | string[] | undefined>>,
  body: Buffer,
  { publicKey, apiV3Key }: FloorKeys,
): unknown {
  const head = `${String(headers['wechatpay-timestamp'])}\n${String(headers['wechatpay-nonce'])}\n`;
  const message = Buffer.concat([Buffer.from(head), body, Buffer.from('\n')]);
  const signature = Buffer.from(String(headers['wechatpay-signature']), 'base64');
  assert.ok(verify('RSA-SHA256', message, publicKey, signature));
  const { resource } = JSON.parse(body.toString()) as {
    resource: { ciphertext: string; nonce: string; associated_data: string };
  };
  const bytes = Buffer.from(resource.ciphertext, 'base64');
  const split = bytes.length - 16;
  const decipher = createDecipheriv('aes-256-gcm', apiV3Key, resource.nonce);
  decipher.setAuthTag(bytes.subarray(split));
  decipher.setAAD(Buffer.from(resource.associated_data));
  const plaintext = Buffer.concat([decipher.update(bytes.subarray(0, split)), decipher.final()]);
  return JSON.parse(plaintext.toString());
}

/** Headers by lower-case name, as Node hands them over. */
export function lowerCased({ headers }: SignedNotification): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
}
