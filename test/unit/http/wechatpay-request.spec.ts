import { describe, expect, it } from '@jest/globals';
import { encodeBody, isIdempotent, requestName } from '../../../lib/http/wechatpay-request.js';

describe('requestName', () => {
  it('is the method and the target', () => {
    expect(requestName({ method: 'GET', target: '/v3/certificates?a=b' })).toBe(
      'GET /v3/certificates?a=b',
    );
  });
});

describe('encodeBody', () => {
  it('is undefined without a body', () => {
    expect(encodeBody({})).toBeUndefined();
  });

  it('is JSON that is signed in whole', () => {
    const text = '{"url":"https://shop.example.com/投诉"}';

    expect(encodeBody({ body: { url: 'https://shop.example.com/投诉' } })).toEqual({
      type: 'application/json',
      data: text,
      signed: text,
    });
  });

  it('is the given content, when there is one', () => {
    const content = { type: 'multipart/form-data', data: Buffer.from('x'), signed: '{}' };

    expect(encodeBody({ content })).toBe(content);
  });
});

describe('isIdempotent', () => {
  it.each([
    ['GET', true],
    ['PUT', true],
    ['POST', false],
    ['DELETE', false],
  ] as const)('of %s is %p by default', (method, expected) => {
    expect(isIdempotent({ method })).toBe(expected);
    expect(isIdempotent({ method, isIdempotent: !expected })).toBe(!expected);
  });
});
