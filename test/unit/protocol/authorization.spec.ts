import { describe, expect, it } from '@jest/globals';
import { createPublicKey } from 'node:crypto';
import { formatAuthorization, requestMessage } from '../../../lib/protocol/authorization.js';
import { verifyRsaSha256 } from '../../../lib/protocol/rsa.js';
import { parseAuthorization } from '../../../lib/testing/simulator/parse-authorization.js';

// The examples of WeChat Pay's documentation of signing and the public key of its demo merchant, from
// github:darkanchor/nginz, src/ngx/ngx_ssl.zig.
const DEMO_PUBLIC_KEY = `-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAptpm+qvIDCh/9wjU26SQ
CK26ogYkBhDrYxnAaw2JbbBsp1oDbHKk+1r381NeBUG2HEFAuU+Fr72u5ot3yKdz
oF/FajAzQNKnm569/D3upKoi8mYBaST15Uig8j8qoUW1U217LL0jEHlSnHV3lcaD
TXqDpTRR4Bfz9IqOgJgFZ8/oTfEomSrjrLYef81Eyxr7ZIMQXEKKEK7V4UXKS0+/
fDsiG/cXidhzt8UbTL9vqXqxM2+IDImyO+FAc/tkBG55LmzxPto1Nq0WbnZzRM/w
Tzrd0I/8NlevxtFbphg4evlHjFNI7+GrqR87ViEwuAJJ9Je5QQjct5YJfFRWiZ5C
MQIDAQAB
-----END PUBLIC KEY-----`;
const DEMO = { timestamp: '1554208460', nonce: '593BEC0C930BF1AFEB40B4A08C8FB242' };
const ESCAPED_QUERY = {
  ...DEMO,
  method: 'GET',
  target:
    '/v3/marketing/partnerships?limit=5&offset=10&authorized_data%3D%7B%22business_type%22%3A' +
    '%22FAVOR_STOCK%22%2C%20%22stock_id%22%3A%222433405%22%7D&partner%3D%7B%22type%22%3A%22AP' +
    'PID%22%2C%22appid%22%3A%22wx4e1916a585d1f4e9%22%2C%22merchant_id%22%3A%222480029552%22%7' +
    'D',
  body: '',
  signature:
    'C9PrZx8RTw7NF+e6SLmZxKgUBdXjH6EmUiu1i85Y6MApfWn4ueNpS4ED5no6uGObU0cfzTdaWyl6gAWDmyO2nG3M' +
    'jHursadpzpNT8d+HaZapKis+boTHwJLgZXHXtacjX4zx2lOk/AONrKCLkjXRnh/DDp/kNsmDNYEiu+d/SeVvr+cL' +
    '0XkL0CibAphyQSLYkv7Fh9uel89ax3ZGgVnBx+/MaBLCrYc1UqyYBDqfWPhS9fZf2OSghWMFp9c5dm+ORc97Xbgz' +
    'SOwAl8dcfLSrL/Sb4+L57+JZiq0iURjMXWzAD8FTUFYsJtJOYszRXJKLZNh4WGST39oplhhSdtxcoQ==',
};
const UTF8_BODY = {
  ...DEMO,
  method: 'POST',
  target: '/v3/pay/transactions/jsapi',
  body:
    '{"appid":"wxd678efh567hg6787","mchid":"1230000109","description":"Image形象店-深圳腾大-QQ公仔","o' +
    'ut_trade_no":"1217752501201407033233368018","notify_url":"https://www.weixin.qq.com/wxpa' +
    'y/pay.php","amount":{"total":100,"currency":"CNY"},"payer":{"openid":"oUpF8uMuAJO_M2pxb1' +
    'Q9zNjWeS6o"}}',
  signature:
    'gEuexJ547PHFV77TQ6eiE4tphVYfWfUe1Wc2dBmVnoMYU2rl/M4zhw+b3vBhuMw6AC7pteNkryLA7UWU2h+umo0O' +
    'dSuuLm1++O3NckQPCSfm6dypsjn4GYm84KMqXWFrhFmyxEwIdEJDr3w1UYfxOcu55OQupfLkrt/ZzuOspnliJFrP' +
    'zGQFUk7lGqMMtpz3EfbDUNxnVsHblORg3hVmuYNmbGWnS2ovU30Y2Q+iKFDxzkaXBk8LTy6HzvxizRo6Q+J4SVM7' +
    'O0hKXfgo1QdI68kpzNULb3EVBXlhTyPUzhkHzzLxECL1qHl3HH2hEv8++C+4wBlsagF3j/O6PABojA==',
};

describe('requestMessage', () => {
  it('writes each part on its own line', () => {
    expect(
      requestMessage({ ...DEMO, method: 'POST', target: '/v3/a?b=c%3D', body: '{"url":"投"}' }),
    ).toBe('POST\n/v3/a?b=c%3D\n1554208460\n593BEC0C930BF1AFEB40B4A08C8FB242\n{"url":"投"}\n');
  });

  it('keeps the line feed of an empty body', () => {
    expect(requestMessage({ ...DEMO, method: 'DELETE', target: '/v3/a', body: '' })).toBe(
      'DELETE\n/v3/a\n1554208460\n593BEC0C930BF1AFEB40B4A08C8FB242\n\n',
    );
  });

  it.each([
    ['a GET with an escaped query', ESCAPED_QUERY],
    ['a POST with Chinese text', UTF8_BODY],
  ])(
    'is the message that WeChat Pay signed in its example of %s',
    (_what, { signature, ...request }) => {
      const message = Buffer.from(requestMessage(request));

      expect(verifyRsaSha256(message, signature, createPublicKey(DEMO_PUBLIC_KEY))).toBe(true);
    },
  );
});

const VALUES = {
  mchid: '1900000109',
  nonce_str: '593BEC0C930BF1AFEB40B4A08C8FB242',
  signature:
    'uOVRnA4qG/MNnYzdQxJanN+zU+lTgIcnU9BxGw5dKjK+VdEUz2FeIoC+D5sB/LN+nGzX3hfZg6r5wT1pl2ZobA==',
  timestamp: '1554208460',
  serial_no: '1DDE55AD98ED71D6EDD4A4A16996DE7B47773A8C',
};

describe('formatAuthorization', () => {
  it('writes the header as documented', () => {
    expect(formatAuthorization(VALUES)).toBe(
      'WECHATPAY2-SHA256-RSA2048 mchid="1900000109",' +
        'nonce_str="593BEC0C930BF1AFEB40B4A08C8FB242",' +
        'signature="uOVRnA4qG/MNnYzdQxJanN+zU+lTgIcnU9BxGw5dKjK+VdEUz2FeIoC+D5sB/LN+nGzX3hfZg6r5wT1pl2ZobA==",' +
        'timestamp="1554208460",serial_no="1DDE55AD98ED71D6EDD4A4A16996DE7B47773A8C"',
    );
  });
});

describe('parseAuthorization', () => {
  it('reads the header of formatAuthorization', () => {
    expect(parseAuthorization(formatAuthorization(VALUES))).toEqual(VALUES);
  });

  it('accepts the values in any order and with white space between them', () => {
    const { mchid, nonce_str, signature, timestamp, serial_no } = VALUES;

    expect(
      parseAuthorization(
        `WECHATPAY2-SHA256-RSA2048 serial_no="${serial_no}", timestamp="${timestamp}", ` +
          `signature="${signature}", nonce_str="${nonce_str}", mchid="${mchid}"`,
      ),
    ).toEqual(VALUES);
  });

  it.each([
    ['is absent', undefined],
    ['is empty', ''],
    ['has the scheme only', 'WECHATPAY2-SHA256-RSA2048'],
    ['has another scheme', 'Bearer mchid="1900000109"'],
    ['has another algorithm', formatAuthorization(VALUES).replace('RSA2048', 'SM2')],
    ['has its values without quotes', formatAuthorization(VALUES).replaceAll('"', '')],
  ])('returns undefined if the header %s', (_what, header) => {
    expect(parseAuthorization(header)).toBeUndefined();
  });

  it.each(Object.keys(VALUES))('returns undefined if %s is absent or empty', (name) => {
    const header = formatAuthorization(VALUES);

    expect(parseAuthorization(header.replace(`${name}="`, 'other="'))).toBeUndefined();
    expect(parseAuthorization(formatAuthorization({ ...VALUES, [name]: '' }))).toBeUndefined();
  });
});
