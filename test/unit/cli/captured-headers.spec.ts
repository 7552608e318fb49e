import { describe, expect, it } from '@jest/globals';
import { parseHeaders } from '../../../lib/cli/captured-headers.js';

const EXPECTED = { 'wechatpay-nonce': 'abc', 'content-type': 'application/json' };

describe('parseHeaders', () => {
  it.each([
    ['lines', 'Wechatpay-Nonce: abc\nContent-Type:application/json'],
    [
      'a request',
      'POST / HTTP/1.1\r\nWechatpay-Nonce: abc \r\nContent-Type: application/json\r\n\r\n',
    ],
    ['curl -v', '> POST / HTTP/1.1\n> Wechatpay-Nonce: abc\n> Content-Type: application/json\n>'],
    ['an object', '{"Wechatpay-Nonce":"abc","content-type":"application/json"}'],
    ['an event', '{"headers":{"Wechatpay-Nonce":"abc","Content-Type":["application/json"]}}'],
    ['pairs', '[["Wechatpay-Nonce","abc"],["Content-Type","application/json"]]'],
    ['rawHeaders', '["Wechatpay-Nonce","abc","Content-Type","application/json"]'],
  ])('reads %s', (_, text) => {
    expect(parseHeaders(text)).toEqual(EXPECTED);
  });

  it('keeps every value of a repeated header', () => {
    expect(parseHeaders('A: 1\na: 2\nA: 3')).toEqual({ a: ['1', '2', '3'] });
  });

  it('keeps a colon in a value, and turns numbers into text', () => {
    expect(parseHeaders('Date: Wed, 25 Nov 2026 09:00:00 GMT')).toEqual({
      date: 'Wed, 25 Nov 2026 09:00:00 GMT',
    });
    expect(parseHeaders('{"Wechatpay-Timestamp":1764060000}')).toEqual({
      'wechatpay-timestamp': '1764060000',
    });
  });

  it.each(['', 'nothing here', '[]', '{}', '5', '{"headers":{}}'])(
    'finds nothing in %j',
    (text) => {
      expect(parseHeaders(text)).toBeUndefined();
    },
  );
});
