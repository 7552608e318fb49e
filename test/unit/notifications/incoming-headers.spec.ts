import { describe, expect, it } from '@jest/globals';
import { toHeaderFields } from '../../../lib/notifications/incoming-headers.js';

const FIELDS = { 'wechatpay-timestamp': '1', 'wechatpay-signature': 'c2ln', 'request-id': 'r' };

describe('toHeaderFields', () => {
  it("uses the headers of Node's HTTP server as they are", () => {
    expect(toHeaderFields(FIELDS)).toBe(FIELDS);
  });

  it.each([
    [
      'as they are sent',
      { 'Wechatpay-Timestamp': '1', 'Wechatpay-Signature': 'c2ln', 'Request-ID': 'r' },
    ],
    [
      'in upper case',
      { 'WECHATPAY-TIMESTAMP': '1', 'WECHATPAY-SIGNATURE': 'c2ln', 'REQUEST-ID': 'r' },
    ],
    [
      'partly in lower case',
      { 'Wechatpay-Timestamp': '1', 'wechatpay-signature': 'c2ln', 'Request-Id': 'r' },
    ],
  ])('finds names %s', (_what, headers) => {
    expect(toHeaderFields(headers)).toEqual(FIELDS);
  });

  it('reads a web Headers object, and one of another implementation', () => {
    const headers = new Headers(FIELDS);
    expect(toHeaderFields(headers)).toEqual(FIELDS);
    const polyfill = {
      get: (name: string) => headers.get(name),
      entries: () => headers.entries(),
    };
    expect(toHeaderFields(polyfill as unknown as Headers)).toEqual(FIELDS);
  });

  it('keeps repeated headers as lists', () => {
    expect(toHeaderFields({ 'Wechatpay-Nonce': ['a', 'b'] })).toEqual({
      'wechatpay-nonce': ['a', 'b'],
    });
  });

  it.each([null, undefined])('takes %s for no headers', (headers) => {
    expect(toHeaderFields(headers)).toEqual({});
  });
});
