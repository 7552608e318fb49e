import { createPublicKey, createSecretKey } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import {
  createTestMerchant,
  signComplaintNotification,
  type SignedNotification,
  signNotificationBody,
  type TestMerchant,
} from 'nestjs-wechatpay-complaint/testing';
import { checkNotification, type VerificationKeys } from '../../../lib/cli/notification-checks.js';
import { toHeaderFields } from '../../../lib/notifications/incoming-headers.js';
import { SignatureRejection } from '../../../lib/protocol/signature-rejection.js';

const NOW = Date.now();
const PROBE = `WECHATPAY/SIGNTEST/${Buffer.alloc(200).toString('base64')}`;

describe('checkNotification', () => {
  let merchant: TestMerchant;
  let keys: VerificationKeys;

  beforeAll(async () => {
    merchant = await createTestMerchant();
    const key = createPublicKey(merchant.publicKey.pem);
    keys = {
      findKey: (serial) =>
        serial === merchant.publicKey.id
          ? Promise.resolve(key)
          : Promise.reject(new SignatureRejection('UNKNOWN_SERIAL', `${serial} is not known.`)),
      apiV3Key: createSecretKey(Buffer.from(merchant.apiV3Key)),
      clockTolerance: 300,
    };
  });

  /** `status name`, and the code of a fault. */
  async function check(
    { headers, body }: SignedNotification,
    receivedAt?: number,
  ): Promise<string[]> {
    const captured = { headers: toHeaderFields(headers), body: Buffer.from(body), receivedAt };
    const checks = await checkNotification(captured, keys, NOW);
    return checks.map(({ status, name, text }) =>
      status === 'fault' ? `fault ${name} ${/^\w+/.exec(text)?.[0] ?? ''}` : `${status} ${name}`,
    );
  }

  const sign = (options: Parameters<typeof signComplaintNotification>[1] = {}) =>
    signComplaintNotification(merchant, options);

  it('passes a genuine one', async () => {
    await expect(check(sign())).resolves.toEqual([
      'ok Headers',
      'ok Content type',
      'ok Time',
      'ok Probe',
      'ok Key',
      'ok Signature',
      'ok Body',
      'ok Resource',
    ]);
  });

  it('shows nothing of the resource but its two documented fields', async () => {
    const { headers, body } = sign({
      complaint: { complaint_id: '42', action_type: 'USER_RESPONSE', payer_phone: '13912345678' },
    });
    const captured = { headers: toHeaderFields(headers), body: Buffer.from(body) };
    const checks = await checkNotification(captured, keys, NOW);
    expect(checks.at(-1)?.text).toBe('USER_RESPONSE of complaint 42');
    expect(JSON.stringify(checks)).not.toContain('13912345678');
  });

  it('takes age for a fault only when it is known when the notification arrived', async () => {
    const old = sign({ timestamp: Math.floor(NOW / 1000) - 1000 });
    await expect(check(old)).resolves.toContain('warning Time');
    await expect(check(old, NOW)).resolves.toContain('fault Time TIMESTAMP_TOO_OLD');
    await expect(check(old, NOW - 1_000_000)).resolves.toContain('ok Time');
    await expect(check(old, NOW - 2_000_000)).resolves.toContain('fault Time TIMESTAMP_TOO_NEW');
  });

  it('stops at headers that are missing, and at a probe', async () => {
    const { headers, body } = sign();
    const { 'Wechatpay-Nonce': _, ...incomplete } = headers;
    await expect(check({ headers: incomplete, body })).resolves.toEqual([
      'fault Headers MISSING_HEADERS',
    ]);
    const probe = { headers: { ...headers, 'Wechatpay-Signature': PROBE }, body };
    expect((await check(probe)).at(-1)).toBe('fault Probe SIGNATURE_PROBE');
  });

  it('goes on after a signature that does not match, and after an unknown key', async () => {
    const { headers, body } = sign();
    await expect(check({ headers, body: body.replace('产生', '伪造') })).resolves.toEqual(
      expect.arrayContaining(['fault Signature SIGNATURE_MISMATCH', 'ok Resource']),
    );
    const unknown = { ...headers, 'Wechatpay-Serial': 'PUB_KEY_ID_0' };
    await expect(check({ headers: unknown, body })).resolves.toEqual(
      expect.arrayContaining(['fault Key UNKNOWN_SERIAL', 'ok Resource']),
    );
  });

  it.each([
    ['MALFORMED_BODY', 'Body', () => '[]'],
    ['BODY_TOO_LARGE', 'Body', () => JSON.stringify({ a: 'x'.repeat(70_000) })],
    ['NOT_A_COMPLAINT', 'Body', () => sign({ original_type: 'transaction' }).body],
    ['UNSUPPORTED_ALGORITHM', 'Body', () => sign({ algorithm: 'SM4' }).body],
    ['MALFORMED_RESOURCE', 'Resource', () => sign({ plaintext: '{}' }).body],
  ])('finds %s', async (code, name, bodyOf) => {
    const body = bodyOf();
    const found = await check({ headers: signNotificationBody(merchant, body), body });
    expect(found.at(-1)).toBe(`fault ${name} ${code}`);
    expect(found).toContain('ok Signature');
  });

  it('finds a wrong APIv3 key and another content type', async () => {
    const wrong = { ...keys, apiV3Key: createSecretKey(Buffer.alloc(32)) };
    const { headers, body } = sign();
    const fields = { ...toHeaderFields(headers), 'content-type': 'text/plain' };
    const checks = await checkNotification(
      { headers: fields, body: Buffer.from(body) },
      wrong,
      NOW,
    );
    expect(checks.filter(({ status }) => status === 'fault').map(({ text }) => text)).toEqual([
      expect.stringMatching(/^UNSUPPORTED_CONTENT_TYPE: /),
      expect.stringMatching(/^DECRYPTION_FAILED: /),
    ]);
  });
});
