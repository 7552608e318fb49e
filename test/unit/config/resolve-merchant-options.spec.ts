import { beforeAll, describe, expect, it } from '@jest/globals';
import {
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  generateKeyPairSync,
  X509Certificate,
} from 'node:crypto';
import { resolveMerchantOptions } from '../../../lib/config/resolve-merchant-options.js';
import type { MerchantOptions } from '../../../lib/config/wechatpay-complaint-options.interface.js';
import {
  createTestCertificate,
  createTestMerchant,
  type TestMerchant,
  type TestPlatformKey,
} from '../../../lib/testing/index.js';
import { collect, problem } from '../../support/option-problems.js';

type Overrides = Partial<Record<keyof MerchantOptions, unknown>>;
/** What is given, the reported problem, the suggested fix. */
type Row = [what: string, value: () => unknown, problem: string | RegExp, fix: RegExp];

const TWELVE_HOURS = 12 * 60 * 60 * 1000;

let merchant: TestMerchant;
let expired: TestPlatformKey;

beforeAll(async () => {
  [merchant, expired] = await Promise.all([
    createTestMerchant(),
    createTestCertificate({
      notBefore: new Date('2020-01-23T10:13:30Z'),
      notAfter: new Date('2025-01-23T10:13:30Z'),
    }),
  ]);
});

function resolve(overrides: Overrides = {}) {
  const options = { ...merchant.options, ...overrides } as MerchantOptions;
  return collect((report) => resolveMerchantOptions(options, report, Date.now()));
}

function problemsOf(overrides: Overrides) {
  return resolve(overrides).problems;
}

/** The result of options without a fault. */
function resolved(overrides: Overrides = {}) {
  const { result, problems } = resolve(overrides);
  expect(problems).toEqual([]);
  if (!result) throw new Error('There is no result.');
  return result;
}

function withColons(serial: string): string {
  return serial.match(/../g)?.join(':').toLowerCase() ?? '';
}

describe('resolveMerchantOptions', () => {
  it('fills in the defaults', () => {
    expect(resolved({ platformCertificates: undefined, baseUrls: undefined })).toMatchObject({
      mchid: merchant.mchid,
      serial: merchant.serial,
      publicKeyId: merchant.publicKey.id,
      download: undefined,
      baseUrls: ['https://api.mch.weixin.qq.com', 'https://api2.mch.weixin.qq.com'],
      callbackUrl: undefined,
      allowPrivateCallbackUrls: false,
      warnings: [],
    });
  });

  it('parses every key', () => {
    const { privateKey, apiV3Key, platformKeys } = resolved();

    expect(privateKey.equals(createPrivateKey(merchant.privateKey))).toBe(true);
    expect(apiV3Key.export().toString()).toBe(merchant.apiV3Key);
    expect(platformKeys.size).toBe(1);
    const platformKey = platformKeys.get(merchant.publicKey.id)?.key;
    expect(platformKey?.equals(createPublicKey(merchant.publicKey.pem))).toBe(true);
  });

  it.each<[string, () => Overrides]>([
    [
      'PEM without line feeds',
      () => ({
        privateKey: merchant.privateKey.replaceAll('\n', ' '),
        platformKeys: { [merchant.publicKey.id]: merchant.publicKey.pem.replaceAll('\n', '') },
      }),
    ],
    [
      'base64 of PEM',
      () => ({
        privateKey: Buffer.from(merchant.privateKey).toString('base64'),
        platformKeys: {
          [merchant.publicKey.id]: Buffer.from(merchant.publicKey.pem).toString('base64'),
        },
      }),
    ],
    [
      'Buffers',
      () => ({
        privateKey: Buffer.from(merchant.privateKey),
        platformKeys: { [merchant.publicKey.id]: Buffer.from(merchant.publicKey.pem) },
        apiV3Key: Buffer.from(merchant.apiV3Key),
      }),
    ],
    [
      'a Uint8Array',
      () => ({
        privateKey: new TextEncoder().encode(merchant.privateKey),
        apiV3Key: new TextEncoder().encode(merchant.apiV3Key),
      }),
    ],
    [
      'KeyObjects',
      () => ({
        privateKey: createPrivateKey(merchant.privateKey),
        platformKeys: { [merchant.publicKey.id]: createPublicKey(merchant.publicKey.pem) },
      }),
    ],
  ])('accepts %s', (_what, overrides) => {
    const expected = resolved();

    const { privateKey, apiV3Key, platformKeys } = resolved(overrides());

    expect(privateKey.equals(expected.privateKey)).toBe(true);
    expect(apiV3Key.equals(expected.apiV3Key)).toBe(true);
    expect(platformKeys.has(merchant.publicKey.id)).toBe(true);
  });

  describe('mchid', () => {
    it.each<Row>([
      ['missing', () => undefined, 'is missing', /商户号/],
      ['empty', () => '', 'is missing', /商户号/],
      ['blank', () => '  ', 'is not a merchant id', /商户号/],
      ['in quotes', () => '"1900000109"', 'has quotes around it', /商户号/],
      ['in single quotes', () => "'1900000109'", 'has quotes around it', /商户号/],
      ['null', () => null, 'is not a merchant id (it is of type null)', /商户号/],
      ['a number', () => 1900000109, 'is not a merchant id (it is of type number)', /as a string/],
      ['65 characters long', () => '1'.repeat(65), 'is not a merchant id', /up to 64/],
      ['followed by a line feed', () => '1900000109\n', 'is not a merchant id', /商户号/],
      ['able to end a header', () => '1","serial_no="2', 'is not a merchant id', /商户号/],
    ])('that is %s is rejected', (_what, value, text, fix) => {
      expect(problemsOf({ mchid: value() })).toEqual([problem('mchid', text, fix)]);
    });
  });

  describe('serial', () => {
    it.each<[string, (serial: string) => string]>([
      ['in lower case', (serial) => serial.toLowerCase()],
      ['as openssl x509 -serial prints it', (serial) => `serial=${serial}\n`],
      ['with colons', withColons],
      ['with a line feed of Windows', (serial) => `${serial}\r\n`],
      ['with white space on both sides', (serial) => ` \t${serial} `],
    ])('is read %s', (_how, write) => {
      expect(resolved({ serial: write(merchant.serial) }).serial).toBe(merchant.serial);
    });

    const NOT_HEX = 'is not a hexadecimal serial number';
    const PUBLIC_KEY = 'is the id of a WeChat Pay public key, which belongs in platformKeys';

    it.each<Row>([
      ['missing', () => undefined, 'is missing', /openssl x509/],
      ['empty', () => '', 'is missing', /openssl x509/],
      ['blank', () => '  ', NOT_HEX, /openssl x509/],
      ['null', () => null, `${NOT_HEX} (it is of type null)`, /openssl x509/],
      ['a number', () => 1234, `${NOT_HEX} (it is of type number)`, /openssl x509/],
      ['a word', () => 'SERIAL', NOT_HEX, /openssl x509/],
      ['in quotes', () => `"${merchant.serial}"`, 'has quotes around it', /openssl x509/],
      ['65 digits long', () => 'A'.repeat(65), NOT_HEX, /openssl x509/],
      ['broken by a line feed', () => 'AB\nCD', NOT_HEX, /openssl x509/],
      ['the id of a public key', () => merchant.publicKey.id, PUBLIC_KEY, /API certificate/],
      ['such an id in lower case', () => ' pub_key_id_1', PUBLIC_KEY, /API certificate/],
    ])('that is %s is rejected', (_what, value, text, fix) => {
      expect(problemsOf({ serial: value() })).toEqual([problem('serial', text, fix)]);
    });

    it('is recognised among platformKeys in any form', () => {
      const platformKeys = { [merchant.serial]: merchant.publicKey.pem };

      expect(problemsOf({ serial: withColons(merchant.serial), platformKeys })).toEqual([
        problem(
          `platformKeys['${merchant.serial}']`,
          "is the merchant's own certificate or key",
          /keys of WeChat Pay only/,
        ),
      ]);
    });
  });

  describe('privateKey', () => {
    it.each<Row>([
      ['missing', () => undefined, 'is missing', /apiclient_key\.pem/],
      ['empty', () => '', 'is empty', /apiclient_key\.pem/],
      ['null', () => null, /^is of type null/, /apiclient_key\.pem/],
      ['a word', () => 'secret', 'is not PEM text', /BEGIN PRIVATE KEY/],
      ['a path', () => './apiclient_key.pem', /^is the path of a file/, /readFileSync/],
      ['a path without an extension', () => '/run/secrets/key', /^is the path/, /readFileSync/],
      ['its first line', () => '-----BEGIN PRIVATE KEY-----', /^is only the first line/, /quotes/],
      ['a public key', () => merchant.publicKey.pem, 'is a public key', /apiclient_key\.pem/],
      ['a certificate', () => merchant.certificate, 'is a certificate', /apiclient_key\.pem/],
      [
        'an EC key',
        () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
        'is a key of type ec, not RSA',
        /merchant console/,
      ],
      [
        'a secret KeyObject',
        () => createSecretKey(Buffer.from(merchant.apiV3Key)),
        'is a KeyObject of type secret',
        /apiclient_key\.pem/,
      ],
    ])('that is %s is rejected', (_what, value, text, fix) => {
      expect(problemsOf({ privateKey: value() })).toEqual([problem('privateKey', text, fix)]);
    });
  });

  describe('apiV3Key', () => {
    it('is counted in bytes', () => {
      expect(problemsOf({ apiV3Key: '密'.repeat(10) + 'ab' })).toEqual([]);
      expect(problemsOf({ apiV3Key: '密'.repeat(32) })).toEqual([
        problem('apiV3Key', 'has 96 bytes, 32 are needed', /APIv3密钥/),
      ]);
    });

    it.each<Row>([
      ['missing', () => undefined, 'is missing', /APIv3密钥/],
      ['null', () => null, 'is not a string or Buffer (it is of type null)', /APIv3密钥/],
      ['a number', () => 1, 'is not a string or Buffer (it is of type number)', /APIv3密钥/],
      ['a list', () => ['a'], 'is not a string or Buffer (it is of type array)', /APIv3密钥/],
      ['empty', () => '', 'has 0 bytes, 32 are needed', /^Give the APIv3密钥/],
      ['too short', () => 'a'.repeat(31), 'has 31 bytes, 32 are needed', /^Give the APIv3密钥/],
      ['too long', () => 'a'.repeat(34), 'has 34 bytes, 32 are needed', /^Give the APIv3密钥/],
      ['a long Buffer', () => Buffer.alloc(34, 1), 'has 34 bytes, 32 are needed', /^Give the/],
      ['short, but not ASCII', () => '密钥', 'has 6 bytes, 32 are needed', /^Give the APIv3密钥/],
      ['in quotes', () => `"${merchant.apiV3Key}"`, 'has 34 bytes, 32 are needed', /quotes around/],
      [
        'in quotes, in a Buffer',
        () => Buffer.from(`'${merchant.apiV3Key}'`),
        'has 34 bytes, 32 are needed',
        /quotes around/,
      ],
      ['blank', () => '   ', 'has 3 bytes, 32 are needed', /white space around/],
      ['behind a space', () => ` ${merchant.apiV3Key}`, /^has 33 bytes/, /white space around/],
      ['before a line feed', () => `${merchant.apiV3Key}\n`, /^has 33 bytes/, /white space around/],
      [
        'a file that ends with a line feed',
        () => Buffer.from(`${merchant.apiV3Key}\r\n`),
        /^has 34 bytes/,
        /white space around/,
      ],
    ])('that is %s is rejected', (_what, value, text, fix) => {
      expect(problemsOf({ apiV3Key: value() })).toEqual([problem('apiV3Key', text, fix)]);
    });
  });

  describe('platformKeys', () => {
    it('give the id of the public key wherever it stands among certificates', () => {
      const { id, pem } = merchant.platformCertificate;
      const platformKeys = { [id]: pem, [merchant.publicKey.id]: merchant.publicKey.pem };

      expect(resolved({ platformKeys }).publicKeyId).toBe(merchant.publicKey.id);
      expect(resolved({ platformKeys: { [id]: pem } }).publicKeyId).toBeUndefined();
    });

    it.each<[string, Overrides]>([
      ['empty', { platformKeys: {}, platformCertificates: undefined }],
      ['absent', { platformKeys: undefined, platformCertificates: { download: false } }],
    ])('that are %s are rejected if nothing is downloaded either', (_what, overrides) => {
      expect(problemsOf(overrides)).toEqual([
        problem(
          'platformKeys',
          'holds no key, and the download of certificates is off',
          /PUB_KEY_ID_\.\.\./,
        ),
      ]);
    });

    it.each([
      [null, 'null'],
      ['pem', 'string'],
      [[], 'array'],
    ])('that are %p are rejected', (platformKeys, type) => {
      const platformCertificates = { download: true };

      expect(problemsOf({ platformKeys, platformCertificates })).toEqual([
        problem('platformKeys', `is of type ${type}`, /^Give an object/),
      ]);
    });

    it('with a faulty key beside a good one are rejected', () => {
      const platformKeys = { ...merchant.options.platformKeys, A1: 'key' };

      expect(problemsOf({ platformKeys })).toEqual([
        problem("platformKeys['A1']", 'is not PEM text', /pub_key\.pem/),
      ]);
    });

    it('with an expired certificate beside a public key give a warning', () => {
      const platformKeys = { ...merchant.options.platformKeys, [expired.id]: expired.pem };

      expect(resolved({ platformKeys }).warnings).toEqual([
        problem(
          `platformKeys['${expired.id}']`,
          'holds a certificate that expired on 2025-01-23T10:13:30.000Z',
          /^Remove it, or give its successor\.$/,
        ),
      ]);
    });

    it('with an expired certificate beside a valid certificate give a warning', () => {
      const { id, pem } = merchant.platformCertificate;
      const platformKeys = { [expired.id]: expired.pem, [id]: pem };

      expect(resolved({ platformKeys }).warnings).toHaveLength(1);
    });

    it('with an expired certificate give a warning if certificates are downloaded', () => {
      const platformKeys = { [expired.id]: expired.pem };

      expect(
        resolved({ platformKeys, platformCertificates: { download: true } }).warnings,
      ).toHaveLength(1);
    });

    it('with nothing but expired certificates are rejected', () => {
      const platformKeys = { [expired.id]: expired.pem };

      expect(problemsOf({ platformKeys })).toEqual([
        problem(`platformKeys['${expired.id}']`, /^holds a certificate that expired/, /successor/),
      ]);
    });
  });

  describe('platformCertificates', () => {
    it('are downloaded by default only without platformKeys', () => {
      const { id, pem } = merchant.platformCertificate;

      expect(
        resolved({ platformKeys: undefined, platformCertificates: undefined }).download,
      ).toEqual({ refreshInterval: TWELVE_HOURS, unknownSerialCooldown: 60_000 });
      expect(
        resolved({ platformKeys: { [id]: pem }, platformCertificates: undefined }).download,
      ).toBeUndefined();
    });

    it('are downloaded beside platformKeys if download is on', () => {
      const settings = { refreshInterval: 1000, unknownSerialCooldown: 500 };
      const platformCertificates = { download: true, ...settings };

      expect(resolved({ platformCertificates }).download).toEqual(settings);
      expect(resolved({ platformCertificates, platformKeys: {} }).download).toEqual(settings);
    });

    it.each(['refreshInterval', 'unknownSerialCooldown'])('limit %s to 12 hours', (name) => {
      const set = (value: unknown) => ({ platformCertificates: { download: true, [name]: value } });

      expect(problemsOf(set(TWELVE_HOURS))).toEqual([]);
      for (const value of [0, NaN, TWELVE_HOURS + 1, '1000', null]) {
        expect(problemsOf(set(value))).toEqual([
          problem(`platformCertificates.${name}`, /^is /, /above 0 and up to 43200000\.$/),
        ]);
      }
    });

    it.each<[string, unknown, string, string | RegExp, RegExp]>([
      ['null', null, '', 'is of type null', /^Give an object/],
      ['text', 'true', '', 'is of type string', /^Give an object/],
      ['a download of text', { download: 'false' }, '.download', /type string/, /true or false/],
      ['a download of null', { download: null }, '.download', /type null/, /true or false/],
      [
        'a misspelt setting',
        { download: true, refreshIntervall: 1000 },
        '.refreshIntervall',
        'is not an option',
        /^Did you mean platformCertificates\.refreshInterval\?$/,
      ],
    ])('reject %s', (_what, platformCertificates, path, text, fix) => {
      expect(problemsOf({ platformCertificates })).toEqual([
        problem(`platformCertificates${path}`, text, fix),
      ]);
    });
  });

  describe('callbackUrl', () => {
    it.each<[unknown, RegExp]>([
      ['http://shop.example.com/complaints', /^must use https$/],
      [
        'https://127.0.0.1/complaints?a=1',
        /^must not contain a query string; points to a loopback or private host/,
      ],
      ['"https://shop.example.com/complaints"', /^has quotes around it$/],
      [7, /^must be a non-empty string$/],
      ['', /^must be a non-empty string$/],
    ])('%p is rejected', (callbackUrl, text) => {
      expect(problemsOf({ callbackUrl })).toEqual([
        problem('callbackUrl', text, /^Give the public https URL of your route\.$/),
      ]);
    });

    it('may be on a loopback host if private hosts are allowed', () => {
      const callbackUrl = 'http://127.0.0.1:3000/complaints';

      expect(resolved({ callbackUrl, allowPrivateCallbackUrls: true })).toMatchObject({
        callbackUrl,
        allowPrivateCallbackUrls: true,
      });
      expect(problemsOf({ callbackUrl })).toHaveLength(1);
    });

    it.each(['false', '', 0, null, []])('allowPrivateCallbackUrls: %p is rejected', (value) => {
      expect(problemsOf({ allowPrivateCallbackUrls: value })).toEqual([
        problem('allowPrivateCallbackUrls', /^is of type /, /true or false/),
      ]);
    });
  });

  describe('baseUrls', () => {
    it.each([
      ['https with a port', 'https://proxy.example:8443', 'https://proxy.example:8443'],
      ['a slash at the end', 'https://api2.mch.weixin.qq.com/', 'https://api2.mch.weixin.qq.com'],
      ['http on 127.0.0.1', 'http://127.0.0.1:3000', 'http://127.0.0.1:3000'],
      ['http on localhost', 'http://localhost:3000', 'http://localhost:3000'],
      ['http on ::1', 'http://[::1]:3000', 'http://[::1]:3000'],
    ])('accept %s', (_what, given, origin) => {
      expect(resolved({ baseUrls: [given] }).baseUrls).toEqual([origin]);
    });

    it('keep their order, and do not follow later changes of the list', () => {
      const baseUrls = ['https://b.example', 'https://a.example'];
      const result = resolved({ baseUrls });
      baseUrls.push('https://c.example');

      expect(result.baseUrls).toEqual(['https://b.example', 'https://a.example']);
    });

    it.each<Row>([
      ['an empty list', () => [], 'is not a list with at least one URL', /api2\.mch\.weixin/],
      ['a string', () => 'https://a.example', 'is not a list with at least one URL', /^Remove it/],
      ['an object', () => ({}), 'is not a list with at least one URL', /^Remove it/],
    ])('reject %s', (_what, value, text, fix) => {
      expect(problemsOf({ baseUrls: value() })).toEqual([problem('baseUrls', text, fix)]);
    });

    const NO_URL = 'is not an absolute https URL';
    const NO_HTTPS = 'uses http, which is accepted for loopback hosts only';
    const OVERSEAS = 'is for overseas merchants, whose API differs';
    const TOO_MUCH = 'has a path, query, fragment or credentials';
    it.each([
      ['malformed', 'https://', NO_URL],
      ['a host alone', 'api.mch.weixin.qq.com', NO_URL],
      ['empty', '', NO_URL],
      ['a number', 42, NO_URL],
      ['of another scheme', 'ftp://api.mch.weixin.qq.com', NO_URL],
      ['http on a public host', 'http://api.mch.weixin.qq.com', NO_HTTPS],
      ['http on a private host', 'http://192.168.1.2', NO_HTTPS],
      ['http on a host that begins like loopback', 'http://127.0.0.1.example.com', NO_HTTPS],
      ['with a path', 'https://api.mch.weixin.qq.com/v3', TOO_MUCH],
      ['with a query', 'https://api.mch.weixin.qq.com/?a=1', TOO_MUCH],
      ['with an empty query', 'https://api.mch.weixin.qq.com?', TOO_MUCH],
      ['with a fragment', 'https://api.mch.weixin.qq.com/#a', TOO_MUCH],
      ['with credentials', 'https://user:pass@api.mch.weixin.qq.com', TOO_MUCH],
      ['loopback with a path', 'http://127.0.0.1:3000/v3', TOO_MUCH],
      ['for overseas merchants', 'https://apihk.mch.weixin.qq.com', OVERSEAS],
      ['faulty in two ways', 'http://apihk.mch.weixin.qq.com/v3', OVERSEAS],
    ])('reject a URL that is %s, once', (_what, url, text) => {
      expect(problemsOf({ baseUrls: ['https://api.mch.weixin.qq.com', url] })).toEqual([
        problem('baseUrls[1]', text, /^Give scheme and host only/),
      ]);
    });
  });

  it('does not take the certificate of the merchant for that of WeChat Pay', () => {
    const key = new X509Certificate(merchant.certificate).publicKey;

    expect(problemsOf({ platformKeys: { PUB_KEY_ID_1: key } })).toEqual([
      problem("platformKeys['PUB_KEY_ID_1']", /own certificate or key/, /平台证书/),
    ]);
  });
});
