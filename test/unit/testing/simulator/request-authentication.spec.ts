import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createTestMerchant, type TestMerchant } from 'nestjs-wechatpay-complaint/testing';
import {
  CERTIFICATES_PATH,
  closeAll,
  startSimulator,
  URL_PATH,
} from '../../../support/client-bench.js';
import { type RequestToSign, signedHeaders } from '../../../support/client-http.js';
import { httpPost } from '../../../support/http-post.js';
import { call, errorIn } from './signed-call.js';

const CALLBACK_URL = 'https://shop.example.com/wechatpay/complaints';
const BODY = JSON.stringify({ url: CALLBACK_URL });
const IMAGE = '/v3/merchant-service/images/1';

describe('The authentication of a call', () => {
  let merchant: TestMerchant;
  let other: TestMerchant;
  beforeAll(async () => {
    [merchant, other] = await Promise.all([createTestMerchant(), createTestMerchant()]);
  });
  afterEach(closeAll);

  it.each<[string, Record<string, string | undefined>]>([
    ['without Accept', { Accept: undefined }],
    ['that accepts another type', { Accept: 'text/html' }],
    ['that accepts any type', { Accept: '*/*' }],
    ['without User-Agent', { 'User-Agent': undefined }],
    ['without Content-Type, though it has a body', { 'Content-Type': undefined }],
    ['with another Content-Type', { 'Content-Type': 'text/plain' }],
  ])('responds with INVALID_REQUEST to one %s', async (_case, changes) => {
    const simulator = await startSimulator(merchant);

    const response = await call(
      simulator,
      merchant,
      { method: 'POST', target: URL_PATH, body: BODY },
      changes,
    );

    expect(errorIn(response)).toEqual({
      status: 400,
      code: 'INVALID_REQUEST',
      message: '头部信息不完整',
    });
    expect(response.headers).not.toHaveProperty('wechatpay-signature');
    expect(simulator.registeredUrl(merchant)).toBeUndefined();
  });

  it.each([
    ['*/*', 404],
    ['application/json', 404],
    ['text/html', 400],
  ])('of an image with Accept: %s ends with %i', async (Accept, status) => {
    const simulator = await startSimulator(merchant);

    expect(await call(simulator, merchant, { target: IMAGE }, { Accept })).toMatchObject({
      status,
    });
  });

  const now = Math.floor(Date.now() / 1000);

  it.each<[string, Partial<RequestToSign>, Record<string, string | undefined>]>([
    ['without Authorization', {}, { Authorization: undefined }],
    ['with another scheme', {}, { Authorization: 'Bearer token' }],
    [
      'with an incomplete Authorization',
      {},
      { Authorization: 'WECHATPAY2-SHA256-RSA2048 mchid="1900000109"' },
    ],
    ['of an unknown merchant', { mchid: '1' }, {}],
    ['with another serial_no', { serial: '0123456789ABCDEF' }, {}],
    ['signed six minutes ago', { timestamp: now - 360 }, {}],
    ['signed six minutes ahead', { timestamp: now + 360 }, {}],
    ['signed for another path', { target: CERTIFICATES_PATH }, {}],
    ['signed for another method', { method: 'PUT' }, {}],
    ['signed over another body', { body: BODY.replace('shop', 'other') }, {}],
  ])('responds with SIGN_ERROR, unsigned, to one %s', async (_case, signed, changes) => {
    const simulator = await startSimulator(merchant);
    const request = { method: 'POST', target: URL_PATH, body: BODY, ...signed };
    const headers = { ...signedHeaders(merchant, request), ...changes };

    const response = await httpPost(`${simulator.url}${URL_PATH}`, headers, BODY);

    expect(errorIn(response)).toMatchObject({
      status: 401,
      code: 'SIGN_ERROR',
      detail: { sign_information: { method: 'POST', url: URL_PATH } },
    });
    expect(response.headers).not.toHaveProperty('wechatpay-signature');
    expect(simulator.registeredUrl(merchant)).toBeUndefined();
  });

  it('responds with SIGN_ERROR to one signed by another key, and says what it verified', async () => {
    const simulator = await startSimulator(merchant);
    const { privateKey } = other;

    const response = await call(simulator, merchant, { target: URL_PATH, privateKey });

    expect(errorIn(response)).toMatchObject({
      status: 401,
      detail: {
        sign_information: {
          method: 'GET',
          url: URL_PATH,
          truncated_sign_message: expect.stringMatching(/^GET\n.+\n\d+\n[0-9A-F]{32}\n\n$/),
          sign_message_length: expect.any(Number),
        },
      },
    });
  });

  it.each(['PUB_KEY_ID_0', '0123456789ABCDEF'])(
    'responds with INVALID_REQUEST to one with the Wechatpay-Serial %s',
    async (serial) => {
      const simulator = await startSimulator(merchant);

      const response = await call(
        simulator,
        merchant,
        { target: URL_PATH },
        { 'Wechatpay-Serial': serial },
      );

      expect(errorIn(response)).toEqual({
        status: 400,
        code: 'INVALID_REQUEST',
        message: 'Wechatpay-Serial 不正确',
      });
    },
  );
});
