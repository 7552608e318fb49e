import { createPrivateKey, verify } from 'node:crypto';
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { createTestMerchant, type TestMerchant } from 'nestjs-wechatpay-complaint/testing';
import { signRequest } from '../../../lib/http/request-signing.js';

const TARGET = '/v3/merchant-service/complaints-v2?limit=5&begin_date=2026-01-01';

let merchant: TestMerchant;

beforeAll(async () => {
  merchant = await createTestMerchant();
});

const sign = (method: 'GET' | 'POST', body: string) => {
  const { mchid, serial, privateKey } = merchant;
  return signRequest({ method, target: TARGET }, body, {
    mchid,
    serial,
    privateKey: createPrivateKey(privateKey),
  });
};

function parse(authorization: string): Record<string, string> {
  const parameters = [...authorization.matchAll(/(\w+)="([^"]*)"/g)];
  return Object.fromEntries(parameters.map(([, name = '', value = '']) => [name, value]));
}

describe('signRequest', () => {
  it.each([
    ['GET', ''],
    ['POST', '{"url":"https://shop.example.com/投诉"}'],
  ] as const)('signs method, target, time, nonce and body of a %s', async (method, body) => {
    jest.spyOn(Date, 'now').mockReturnValue(1_554_208_460_999);

    const authorization = await sign(method, body);

    const { mchid, serial_no, nonce_str, timestamp, signature = '' } = parse(authorization);
    expect(authorization).toMatch(/^WECHATPAY2-SHA256-RSA2048 mchid="/);
    expect({ mchid, serial_no, timestamp }).toEqual({
      mchid: merchant.mchid,
      serial_no: merchant.serial,
      timestamp: '1554208460',
    });
    expect(nonce_str).toMatch(/^[0-9A-F]{32}$/);
    const message = `${method}\n${TARGET}\n${timestamp}\n${nonce_str}\n${body}\n`;
    expect(
      verify(
        'RSA-SHA256',
        Buffer.from(message),
        merchant.certificate,
        Buffer.from(signature, 'base64'),
      ),
    ).toBe(true);
  });

  it('uses a fresh nonce for every request', async () => {
    const headers = await Promise.all([sign('GET', ''), sign('GET', '')]);

    expect(new Set(headers.map((header) => parse(header).nonce_str)).size).toBe(2);
  });
});
