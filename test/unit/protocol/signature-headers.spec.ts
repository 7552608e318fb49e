import { describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import {
  type HeaderFields,
  isProbe,
  readSignatureHeaders,
  SIGNATURE_TYPE,
} from '../../../lib/protocol/signature-headers.js';
import { SignatureRejection } from '../../../lib/protocol/signature-rejection.js';

const GOOD = {
  'wechatpay-timestamp': '1722850421',
  'wechatpay-nonce': 'd824f2e086d3c1df967785d13fcd22ef',
  'wechatpay-serial': 'PUB_KEY_ID_0000000000000024101100397200000006',
  'wechatpay-signature': randomBytes(256).toString('base64'),
};
const ALL = 'Wechatpay-Timestamp, Wechatpay-Nonce, Wechatpay-Serial, Wechatpay-Signature';

function rejectionOf(headers: HeaderFields): SignatureRejection {
  try {
    readSignatureHeaders(headers);
  } catch (error) {
    if (error instanceof SignatureRejection) return error;
    throw error;
  }
  throw new Error('The headers were accepted.');
}

describe('readSignatureHeaders', () => {
  it('reads the four values and no other header', () => {
    expect(readSignatureHeaders({ ...GOOD, 'request-id': '1', host: 'shop.example' })).toEqual({
      timestamp: GOOD['wechatpay-timestamp'],
      nonce: GOOD['wechatpay-nonce'],
      serial: GOOD['wechatpay-serial'],
      signature: GOOD['wechatpay-signature'],
    });
  });

  it('converts the serial to upper case, like the names of platform keys', () => {
    const { serial } = readSignatureHeaders({
      ...GOOD,
      'wechatpay-serial': '5dea10ef55877e3cf6c33255c2e7defff7e427ec',
    });

    expect(serial).toBe('5DEA10EF55877E3CF6C33255C2E7DEFFF7E427EC');
  });

  it('accepts the longest values', () => {
    const longest = {
      'wechatpay-timestamp': '9'.repeat(12),
      'wechatpay-nonce': '~'.repeat(128),
      'wechatpay-serial': 'F'.repeat(64),
      // The signature of an RSA key of 8192 bits.
      'wechatpay-signature': randomBytes(1024).toString('base64'),
    };

    expect(readSignatureHeaders(longest).signature).toBe(longest['wechatpay-signature']);
  });

  describe('with missing headers', () => {
    it('names all four, and points at proxies', () => {
      const rejection = rejectionOf({ host: 'shop.example' });

      expect(rejection.code).toBe('MISSING_HEADERS');
      expect(rejection.message).toBe(
        `missing: ${ALL}. Check that no proxy or CDN strips or rewrites Wechatpay-* headers.`,
      );
    });

    it.each([
      ['absent', undefined],
      ['empty', ''],
      ['an empty list', []],
    ])('treats a header that is %s as missing', (_what, value) => {
      const rejection = rejectionOf({ ...GOOD, 'wechatpay-nonce': value });

      expect(rejection.code).toBe('MISSING_HEADERS');
      expect(rejection.message).toMatch(/^missing: Wechatpay-Nonce\. /);
    });

    it('treats null, which API gateways use for an absent header, as missing', () => {
      const event: HeaderFields = JSON.parse(
        JSON.stringify({ ...GOOD, 'wechatpay-nonce': null, 'wechatpay-signature-type': null }),
      );

      expect(rejectionOf(event).message).toMatch(/^missing: Wechatpay-Nonce\. /);
      expect(
        readSignatureHeaders({ ...event, 'wechatpay-nonce': GOOD['wechatpay-nonce'] }).nonce,
      ).toBe(GOOD['wechatpay-nonce']);
    });

    it('also names malformed headers', () => {
      const rejection = rejectionOf({
        ...GOOD,
        'wechatpay-timestamp': 'now',
        'wechatpay-nonce': 'a b',
        'wechatpay-serial': undefined,
        'wechatpay-signature': '',
      });

      expect(rejection.code).toBe('MISSING_HEADERS');
      expect(rejection.message).toMatch(
        /^missing: Wechatpay-Serial, Wechatpay-Signature; repeated or malformed: Wechatpay-Timestamp, Wechatpay-Nonce\. /,
      );
    });
  });

  describe('with repeated headers', () => {
    // Two readers of such a request could use different values, so it is rejected.
    it.each([
      ['as a list', (value: string) => [value, value]],
      ['as a list of one', (value: string) => [value]],
      ["joined by Node's ', '", (value: string) => `${value}, ${value}`],
      ["joined by a bare ','", (value: string) => `${value},${value}`],
    ])('rejects all four when they come %s', (_how, repeat) => {
      const headers = Object.fromEntries(
        Object.entries(GOOD).map(([name, value]) => [name, repeat(value)]),
      );

      const rejection = rejectionOf(headers);

      expect(rejection.code).toBe('MALFORMED_HEADERS');
      expect(rejection.message).toMatch(new RegExp(`^repeated or malformed: ${ALL}\\. `));
    });

    it('rejects a probe that comes as a list', () => {
      const headers = { ...GOOD, 'wechatpay-signature': ['WECHATPAY/SIGNTEST/AAAA', 'AAAA'] };

      expect(rejectionOf(headers).code).toBe('MALFORMED_HEADERS');
    });
  });

  it.each([
    ['Wechatpay-Timestamp', 'a leading zero', '0722850421'],
    ['Wechatpay-Timestamp', 'zero', '0'],
    ['Wechatpay-Timestamp', 'a sign', '-1722850421'],
    ['Wechatpay-Timestamp', 'a fraction', '1722850421.5'],
    ['Wechatpay-Timestamp', 'an exponent', '1e9'],
    ['Wechatpay-Timestamp', 'hexadecimal digits', '0x66B0A0F5'],
    ['Wechatpay-Timestamp', 'digits of another script', '１７２２８５０４２１'],
    ['Wechatpay-Timestamp', 'a line feed', '1722850421\n'],
    ['Wechatpay-Timestamp', '13 digits', '1'.repeat(13)],
    ['Wechatpay-Nonce', 'a space', 'd824 f2e0'],
    ['Wechatpay-Nonce', 'a line feed', 'd824\nf2e0'],
    ['Wechatpay-Nonce', 'a character beyond ASCII', 'd824é'],
    ['Wechatpay-Nonce', '129 characters', 'a'.repeat(129)],
    ['Wechatpay-Serial', 'a hyphen', '5DEA-10EF'],
    ['Wechatpay-Serial', 'a path', '../5DEA10EF'],
    ['Wechatpay-Serial', 'a line feed', '5DEA10EF\n'],
    ['Wechatpay-Serial', '65 characters', 'A'.repeat(65)],
    // Node decodes the next seven like 'AAA=', the only one that an encoder writes.
    ['Wechatpay-Signature', 'no padding', 'AAA'],
    ['Wechatpay-Signature', 'too much padding', 'AAA=='],
    ['Wechatpay-Signature', 'bits that belong to no byte', 'AAB='],
    ['Wechatpay-Signature', 'white space inside', 'AA A='],
    ['Wechatpay-Signature', 'a line feed at the end', 'AAA=\n'],
    ['Wechatpay-Signature', 'characters that decoders ignore', 'A*A*A='],
    ['Wechatpay-Signature', 'text after its end', 'AAA=AAA='],
    ['Wechatpay-Signature', 'the base64url alphabet', '_-__'],
    ['Wechatpay-Signature', 'more bytes than any signature', 'AAAA'.repeat(351)],
    ['Wechatpay-Signature', 'a probe in lower case', 'wechatpay/signtest/*'],
    ['Wechatpay-Signature', 'a probe after a space', ' WECHATPAY/SIGNTEST/*'],
  ])('rejects %s with %s', (name, _what, value) => {
    const rejection = rejectionOf({ ...GOOD, [name.toLowerCase()]: value });

    expect(rejection.code).toBe('MALFORMED_HEADERS');
    expect(rejection.message).toMatch(new RegExp(`^repeated or malformed: ${name}\\. `));
  });

  it.each([
    ['base64', 'WECHATPAY/SIGNTEST/2sWfO+6tVVs='],
    ['not base64', 'WECHATPAY/SIGNTEST/!投诉!'],
    ['nothing', 'WECHATPAY/SIGNTEST/'],
    ['longer than any signature', `WECHATPAY/SIGNTEST/${'A'.repeat(2000)}`],
  ])('leaves a probe as it is if the text behind its prefix is %s', (_what, signature) => {
    const headers = readSignatureHeaders({ ...GOOD, 'wechatpay-signature': signature });

    expect(headers.signature).toBe(signature);
  });

  it('accepts an absent Wechatpay-Signature-Type like that of RSA', () => {
    expect(readSignatureHeaders({ ...GOOD, 'wechatpay-signature-type': undefined })).toEqual(
      readSignatureHeaders({ ...GOOD, 'wechatpay-signature-type': SIGNATURE_TYPE }),
    );
  });

  it.each([
    ['SM2', 'WECHATPAY2-SM2-WITH-SM3'],
    ['another case', 'wechatpay2-sha256-rsa2048'],
    ['empty', ''],
    ['repeated in one value', `${SIGNATURE_TYPE}, ${SIGNATURE_TYPE}`],
    ['a list', [SIGNATURE_TYPE]],
  ])('rejects a Wechatpay-Signature-Type that is %s', (_what, type) => {
    const rejection = rejectionOf({ ...GOOD, 'wechatpay-signature-type': type });

    expect(rejection.code).toBe('UNSUPPORTED_SIGNATURE_TYPE');
    expect(rejection.message).toContain(SIGNATURE_TYPE);
  });

  it('does not repeat the values in its messages', () => {
    const headers = {
      'wechatpay-timestamp': '<script>',
      'wechatpay-nonce': '<script> ',
      'wechatpay-serial': '<script>',
      'wechatpay-signature': '<script>',
    };

    expect(rejectionOf(headers).message).not.toContain('script');
    expect(rejectionOf({ ...GOOD, 'wechatpay-signature-type': '<script>' }).message).not.toContain(
      'script',
    );
  });
});

describe('isProbe', () => {
  it.each([
    ['WECHATPAY/SIGNTEST/', true],
    ['WECHATPAY/SIGNTEST/2sWfO+6tVVs=', true],
    ['WECHATPAY/SIGNTEST', false],
    ['AAAAWECHATPAY/SIGNTEST/', false],
    ['', false],
  ])('looks at the prefix of "%s": %s', (signature, expected) => {
    expect(isProbe(signature)).toBe(expected);
  });
});
