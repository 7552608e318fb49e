import { beforeAll, describe, expect, it } from '@jest/globals';
import {
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  generateKeyPairSync,
  type KeyObject,
  X509Certificate,
} from 'node:crypto';
import { inspect } from 'node:util';
import { type ResolvedOptions, resolveOptions } from '../../../lib/config/resolve-options.js';
import type { WechatPayComplaintModuleOptions } from '../../../lib/config/wechatpay-complaint-options.interface.js';
import {
  type ConfigurationProblem,
  WechatPayConfigurationError,
} from '../../../lib/errors/wechatpay-configuration.error.js';
import { MemoryNotificationStore } from '../../../lib/stores/memory-notification-store.js';
import { WechatPayError } from '../../../lib/errors/wechatpay.error.js';
import {
  createTestCertificate,
  createTestMerchant,
  type TestMerchant,
} from '../../../lib/testing/index.js';

type Overrides = Partial<Record<keyof WechatPayComplaintModuleOptions, unknown>>;
/** A row of a table: what is given, what is said about it, what is advised. */
type Row = [what: string, value: () => unknown, problem: string, fix: RegExp];

const TWELVE_HOURS = 12 * 60 * 60 * 1000;
const DAY = 24 * 60 * 60 * 1000;
const EXPIRY = new Date('2031-01-23T10:13:30Z');

let merchant: TestMerchant;
let expiring: { id: string; pem: string };

beforeAll(async () => {
  [merchant, expiring] = await Promise.all([
    createTestMerchant(),
    createTestCertificate({ notAfter: EXPIRY }),
  ]);
});

function resolve(overrides: Overrides = {}, now?: number): ResolvedOptions {
  return resolveOptions(
    { ...merchant.options, ...overrides } as WechatPayComplaintModuleOptions,
    now,
  );
}

function failureOf(attempt: () => unknown): WechatPayConfigurationError {
  try {
    attempt();
  } catch (error) {
    if (error instanceof WechatPayConfigurationError) return error;
    throw error;
  }
  throw new Error('The options were accepted.');
}

function problemsOf(overrides: Overrides, now?: number): readonly ConfigurationProblem[] {
  return failureOf(() => resolve(overrides, now)).problems;
}

function problem(option: string, text: string, fix: RegExp): unknown {
  return { option, problem: text, fix: expect.stringMatching(fix) };
}

function pem(key: KeyObject, cipher?: { cipher: string; passphrase: string }): string {
  const options =
    key.type === 'private' ? { type: 'pkcs8' as const, ...cipher } : { type: 'spki' as const };
  return key.export({ ...options, format: 'pem' } as never).toString();
}

function ownPublicKey(): string {
  return pem(createPublicKey(merchant.privateKey));
}

function encrypted(key: string): string {
  return pem(createPrivateKey(key), { cipher: 'aes-256-cbc', passphrase: 'x' });
}

function publicPem(type: 'ec' | '1024'): string {
  return pem(
    type === 'ec'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey
      : generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey,
  );
}

describe('resolveOptions with good options', () => {
  it('fills in what was left out', () => {
    const resolved = resolve({
      platformCertificates: undefined,
      baseUrls: undefined,
      request: undefined,
    });

    expect(resolved).toMatchObject({
      mchid: merchant.mchid,
      serial: merchant.serial,
      publicKeyId: merchant.publicKey.id,
      download: undefined,
      baseUrls: ['https://api.mch.weixin.qq.com', 'https://api2.mch.weixin.qq.com'],
      timeout: 10_000,
      clockTolerance: 300,
      allowPrivateCallbackUrls: false,
      request: {},
    });
  });

  it('keeps what was given', () => {
    const request = { proxy: false as const };
    const resolved = resolve({
      platformCertificates: { download: true, refreshInterval: 1000, unknownSerialCooldown: 500 },
      timeout: 600_000,
      clockTolerance: 0.5,
      allowPrivateCallbackUrls: true,
      request,
    });

    expect(resolved).toMatchObject({
      download: { refreshInterval: 1000, unknownSerialCooldown: 500 },
      timeout: 600_000,
      clockTolerance: 0.5,
      allowPrivateCallbackUrls: true,
      request,
    });
  });

  it('parses every key', () => {
    const { privateKey, apiV3Key, platformKeys } = resolve();

    expect(privateKey.equals(createPrivateKey(merchant.privateKey))).toBe(true);
    expect(apiV3Key.export().toString()).toBe(merchant.apiV3Key);
    expect(platformKeys.size).toBe(1);
    const platformKey = platformKeys.get(merchant.publicKey.id)?.key;
    expect(platformKey?.equals(createPublicKey(merchant.publicKey.pem))).toBe(true);
  });

  it.each<[string, () => Overrides]>([
    [
      'one-line PEM with literal \\n',
      () => ({
        privateKey: merchant.privateKey.replaceAll('\n', '\\n'),
        platformKeys: { [merchant.publicKey.id]: merchant.publicKey.pem.replaceAll('\n', '\\n') },
      }),
    ],
    [
      'PEM that is indented, as YAML and template literals write it',
      () => ({
        privateKey: merchant.privateKey.replaceAll(/^/gm, '    '),
        platformKeys: {
          [merchant.publicKey.id]: merchant.publicKey.pem.replaceAll(/^/gm, '\t'),
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
    const expected = resolve();

    const { privateKey, apiV3Key, platformKeys } = resolve(overrides());

    expect(privateKey.equals(expected.privateKey)).toBe(true);
    expect(apiV3Key.equals(expected.apiV3Key)).toBe(true);
    expect(platformKeys.has(merchant.publicKey.id)).toBe(true);
  });

  it('counts the bytes of the APIv3 key, not its characters', () => {
    expect(() => resolve({ apiV3Key: '密'.repeat(10) + 'ab' })).not.toThrow();
  });

  it('writes serials and names of platform keys in upper case', () => {
    const { id, pem: certificate } = merchant.platformCertificate;
    const resolved = resolve({
      serial: merchant.serial.toLowerCase(),
      platformKeys: {
        [id.toLowerCase()]: certificate,
        [` ${merchant.publicKey.id.toLowerCase()} `]: merchant.publicKey.pem,
      },
    });

    expect(resolved.serial).toBe(merchant.serial);
    expect([...resolved.platformKeys.keys()]).toEqual([id, merchant.publicKey.id]);
  });

  it.each<[string, (serial: string) => string]>([
    ['a line feed behind it', (serial) => `${serial}\n`],
    ['a line feed of Windows behind it', (serial) => `${serial}\r\n`],
    ['white space on both sides', (serial) => ` \t${serial} `],
  ])('tolerates a serial with %s', (_what, write) => {
    expect(resolve({ serial: write(merchant.serial) }).serial).toBe(merchant.serial);
  });

  it('recognises the own serial among platformKeys despite white space around it', () => {
    const platformKeys = { [merchant.serial]: merchant.publicKey.pem };

    expect(problemsOf({ serial: `${merchant.serial}\n`, platformKeys })).toEqual([
      problem(
        `platformKeys['${merchant.serial}']`,
        "is the merchant's own certificate or key",
        /Only WeChat Pay's keys/,
      ),
    ]);
  });

  it.each(['PUB_KEY_ID_1', 'PUB_KEY_ID_A_z9', `PUB_KEY_ID_${'1'.repeat(53)}`])(
    'accepts %s for the id of a public key',
    (name) => {
      const id = name.toUpperCase();
      const resolved = resolve({ platformKeys: { [name]: merchant.publicKey.pem } });

      expect([...resolved.platformKeys.keys()]).toEqual([id]);
      expect(resolved.publicKeyId).toBe(id);
    },
  );

  it('names the public key to be answered with, wherever it stands among certificates', () => {
    const { id, pem: certificate } = merchant.platformCertificate;
    const resolved = resolve({
      platformKeys: { [id]: certificate, [merchant.publicKey.id]: merchant.publicKey.pem },
    });

    expect(resolved.publicKeyId).toBe(merchant.publicKey.id);
    expect(resolved.platformKeys.get(id)).toMatchObject({ serial: id });
  });

  it('names none when there are certificates only', () => {
    const { id, pem: certificate } = merchant.platformCertificate;

    expect(resolve({ platformKeys: { [id]: certificate } }).publicKeyId).toBeUndefined();
  });

  it('accepts the bare key of a certificate under its serial', () => {
    const { id, pem: certificate } = merchant.platformCertificate;
    const key = new X509Certificate(certificate).publicKey;

    expect(resolve({ platformKeys: { [id]: key } }).platformKeys.has(id)).toBe(true);
  });

  describe('downloads', () => {
    it('by itself when platformKeys is absent', () => {
      const { download } = resolve({ platformKeys: undefined, platformCertificates: undefined });

      expect(download).toEqual({ refreshInterval: TWELVE_HOURS, unknownSerialCooldown: 60_000 });
    });

    it('not by itself beside platformKeys', () => {
      expect(resolve({ platformCertificates: undefined }).download).toBeUndefined();
    });

    it('beside platformKeys when asked to, even beside an empty map', () => {
      const platformCertificates = { download: true };

      expect(resolve({ platformCertificates }).download).toBeDefined();
      expect(resolve({ platformCertificates, platformKeys: {} }).download).toBeDefined();
    });
  });

  it.each([
    ['https with a port', 'https://proxy.example:8443', 'https://proxy.example:8443'],
    ['a trailing slash', 'https://api2.mch.weixin.qq.com/', 'https://api2.mch.weixin.qq.com'],
    ['http on 127.0.0.1', 'http://127.0.0.1:3000', 'http://127.0.0.1:3000'],
    ['http on localhost', 'http://localhost:3000', 'http://localhost:3000'],
    ['http on ::1', 'http://[::1]:3000', 'http://[::1]:3000'],
  ])('accepts a base URL of %s', (_what, given, origin) => {
    expect(resolve({ baseUrls: [given] }).baseUrls).toEqual([origin]);
  });

  it('keeps the order of several base URLs', () => {
    const baseUrls = ['https://b.example', 'https://a.example'];

    expect(resolve({ baseUrls }).baseUrls).toEqual(baseUrls);
  });

  it('returns a frozen result, which later changes to the options do not reach', () => {
    const platformKeys = { [merchant.publicKey.id]: merchant.publicKey.pem };
    const baseUrls = ['https://a.example'];
    const resolved = resolve({ platformKeys, baseUrls });

    baseUrls.push('https://b.example');
    platformKeys[merchant.platformCertificate.id] = merchant.platformCertificate.pem;

    expect(Object.isFrozen(resolved)).toBe(true);
    expect(resolved.baseUrls).toEqual(['https://a.example']);
    expect(resolved.platformKeys.size).toBe(1);
  });

  it('leaves the options as they were', () => {
    const frozen = Object.freeze({
      ...merchant.options,
      serial: merchant.serial.toLowerCase(),
      platformKeys: Object.freeze({ ...merchant.options.platformKeys }),
      baseUrls: Object.freeze(['https://a.example/']),
    });

    expect(() => resolveOptions(frozen)).not.toThrow();
    expect(frozen.serial).toBe(merchant.serial.toLowerCase());
  });

  it('does not take a failure of the application for a faulty key', () => {
    const options = Object.defineProperty({ ...merchant.options }, 'privateKey', {
      get: () => {
        throw new RangeError('the vault is sealed');
      },
    });

    expect(() => resolveOptions(options)).toThrow(new RangeError('the vault is sealed'));
  });
});

describe('resolveOptions with faulty options', () => {
  it.each([undefined, null])('says how to import the module when there are none: %s', (none) => {
    const error = failureOf(() => resolveOptions(none));

    expect(error.problems).toEqual([problem('options', 'are missing', /forRoot\(options\)/)]);
  });

  it.each<Row>([
    ['missing', () => undefined, 'is missing', /商户号/],
    ['empty', () => '', 'is missing', /商户号/],
    ['blank', () => '  ', 'is not a merchant id', /商户号/],
    ['null', () => null, 'is not a merchant id (it is of type null)', /商户号/],
    ['a number', () => 1900000109, 'is not a merchant id (it is of type number)', /as a string/],
    ['65 characters long', () => '1'.repeat(65), 'is not a merchant id', /up to 64/],
    ['followed by a line feed', () => '1900000109\n', 'is not a merchant id', /商户号/],
    ['able to end a header', () => '1","serial_no="2', 'is not a merchant id', /商户号/],
  ])('refuses an mchid that is %s', (_what, value, text, fix) => {
    expect(problemsOf({ mchid: value() })).toEqual([problem('mchid', text, fix)]);
  });

  it.each<Row>([
    ['missing', () => undefined, 'is missing', /openssl x509/],
    ['empty', () => '', 'is missing', /openssl x509/],
    ['blank', () => '  ', 'is not a hexadecimal serial number', /openssl x509/],
    ['null', () => null, 'is not a hexadecimal serial number (it is of type null)', /openssl x509/],
    [
      'a number',
      () => 1234,
      'is not a hexadecimal serial number (it is of type number)',
      /openssl x509/,
    ],
    ['no hexadecimal number', () => 'SERIAL', 'is not a hexadecimal serial number', /openssl x509/],
    ['written with colons', () => '5D:EA:10', 'is not a hexadecimal serial number', /openssl x509/],
    ['65 digits long', () => 'A'.repeat(65), 'is not a hexadecimal serial number', /openssl x509/],
    ['broken by a line feed', () => 'AB\nCD', 'is not a hexadecimal serial number', /openssl x509/],
    ['broken by a space', () => 'AB CD', 'is not a hexadecimal serial number', /openssl x509/],
    [
      'the id of a public key',
      () => merchant.publicKey.id,
      'is the id of a WeChat Pay public key, which belongs into platformKeys',
      /merchant API certificate/,
    ],
    [
      'the id of a public key in lower case',
      () => ` ${merchant.publicKey.id.toLowerCase()}`,
      'is the id of a WeChat Pay public key, which belongs into platformKeys',
      /merchant API certificate/,
    ],
  ])('refuses a serial that is %s', (_what, value, text, fix) => {
    expect(problemsOf({ serial: value() })).toEqual([problem('serial', text, fix)]);
  });

  it.each<Row>([
    ['missing', () => undefined, 'is missing', /apiclient_key\.pem/],
    ['empty', () => '', 'is empty', /apiclient_key\.pem/],
    ['blank', () => ' \n ', 'is empty', /apiclient_key\.pem/],
    [
      'null',
      () => null,
      'is of type null, not a PEM string, Buffer or KeyObject',
      /apiclient_key\.pem/,
    ],
    [
      'of a wrong type',
      () => 42,
      'is of type number, not a PEM string, Buffer or KeyObject',
      /apiclient/,
    ],
    ['any text', () => 'secret', 'is not readable as PEM', /BEGIN PRIVATE KEY/],
    ['a path', () => './apiclient_key.pem', 'is the path of a file', /readFileSync/],
    ['a public key', () => merchant.publicKey.pem, 'is a public key', /apiclient_key\.pem/],
    ['a certificate', () => merchant.certificate, 'is a certificate', /apiclient_key\.pem/],
    [
      'encrypted',
      () => encrypted(merchant.privateKey),
      'is protected by a passphrase',
      /openssl pkey/,
    ],
    [
      'damaged',
      () => merchant.privateKey.replace(/\n.{64}\n/, '\n'),
      'is damaged: it has the frame of PEM, but not its content',
      /apiclient_key\.pem/,
    ],
    [
      'an EC key',
      () => pem(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey),
      'is a key of type ec, not RSA',
      /merchant console/,
    ],
    [
      'an RSA key of 1024 bits',
      () => pem(generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey),
      'is an RSA key of 1024 bits, at least 2048 are needed',
      /new key/,
    ],
    [
      'a public KeyObject',
      () => createPublicKey(merchant.privateKey),
      'is a KeyObject of type public',
      /apiclient_key\.pem/,
    ],
    [
      'a secret KeyObject',
      () => createSecretKey(Buffer.from(merchant.apiV3Key)),
      'is a KeyObject of type secret',
      /apiclient_key\.pem/,
    ],
  ])('refuses a privateKey that is %s', (_what, value, text, fix) => {
    expect(problemsOf({ privateKey: value() })).toEqual([problem('privateKey', text, fix)]);
  });

  it.each<Row>([
    ['missing', () => undefined, 'is missing', /APIv3密钥/],
    ['null', () => null, 'is not a string or Buffer (it is of type null)', /APIv3密钥/],
    ['a number', () => 1, 'is not a string or Buffer (it is of type number)', /APIv3密钥/],
    ['a list', () => ['a'], 'is not a string or Buffer (it is of type array)', /APIv3密钥/],
    ['empty', () => '', 'has 0 bytes, 32 are needed', /APIv3密钥/],
    ['too short', () => 'a'.repeat(31), 'has 31 bytes, 32 are needed', /API安全\)\.$/],
    ['two bytes too long', () => 'a'.repeat(34), 'has 34 bytes, 32 are needed', /API安全\)\.$/],
    ['a long Buffer', () => Buffer.alloc(34, 1), 'has 34 bytes, 32 are needed', /API安全\)\.$/],
    [
      '32 characters of more bytes',
      () => '密'.repeat(32),
      'has 96 bytes, 32 are needed',
      /APIv3密钥/,
    ],
  ])('refuses an apiV3Key that is %s', (_what, value, text, fix) => {
    expect(problemsOf({ apiV3Key: value() })).toEqual([problem('apiV3Key', text, fix)]);
  });

  it('does not take characters of more than one byte for white space', () => {
    expect(problemsOf({ apiV3Key: '密钥' })).toEqual([
      problem('apiV3Key', 'has 6 bytes, 32 are needed', /API安全\)\.$/),
    ]);
  });

  it.each<[string, () => string | Uint8Array, number]>([
    ['blank', () => '   ', 3],
    ['behind a space', () => ` ${merchant.apiV3Key}`, 33],
    ['before a line feed', () => `${merchant.apiV3Key}\n`, 33],
    ['a file that ends with a line feed', () => Buffer.from(`${merchant.apiV3Key}\r\n`), 34],
  ])('hints at white space when the apiV3Key is %s', (_what, value, bytes) => {
    const text = `has ${bytes} bytes, 32 are needed`;

    expect(problemsOf({ apiV3Key: value() })).toEqual([
      problem('apiV3Key', text, /It begins or ends with white space\.$/),
    ]);
  });

  const PUBLIC_KEY_ID = 'PUB_KEY_ID_0114232134912410000000000000';
  const SERIAL = '5DEA10EF55877E3CF6C33255C2E7DEFFF7E427EC';
  const OWN = "is the merchant's own certificate or key";
  const UNNAMED = 'is named neither by PUB_KEY_ID_... nor by a hexadecimal serial number';

  it.each<[what: string, name: () => string, value: () => unknown, problem: string, fix: RegExp]>([
    ['nothing', () => PUBLIC_KEY_ID, () => undefined, 'is missing', /pub_key\.pem/],
    ['an empty text', () => PUBLIC_KEY_ID, () => '', 'is empty', /pub_key\.pem/],
    [
      'a wrong type',
      () => PUBLIC_KEY_ID,
      () => 42,
      'is of type number, not a PEM string, Buffer or KeyObject',
      /pub_key/,
    ],
    ['any text', () => PUBLIC_KEY_ID, () => 'key', 'is not readable as PEM', /pub_key\.pem/],
    ['a path', () => PUBLIC_KEY_ID, () => 'pub_key.pem', 'is the path of a file', /readFileSync/],
    [
      'a damaged key',
      () => PUBLIC_KEY_ID,
      () => merchant.publicKey.pem.replace(/\n.{64}\n/, '\n'),
      'is damaged: it has the frame of PEM, but not its content',
      /pub_key\.pem/,
    ],
    [
      'an EC key',
      () => PUBLIC_KEY_ID,
      () => publicPem('ec'),
      'is a key of type ec, not RSA',
      /merchant console/,
    ],
    [
      'an RSA key of 1024 bits',
      () => PUBLIC_KEY_ID,
      () => publicPem('1024'),
      'is an RSA key of 1024 bits, at least 2048 are needed',
      /new key/,
    ],
    [
      "the merchant's private key",
      () => PUBLIC_KEY_ID,
      () => merchant.privateKey,
      'is a private key',
      /your own/,
    ],
    [
      'an encrypted private key',
      () => PUBLIC_KEY_ID,
      () => encrypted(merchant.privateKey),
      'is a private key',
      /your own/,
    ],
    [
      'a private KeyObject',
      () => PUBLIC_KEY_ID,
      () => createPrivateKey(merchant.privateKey),
      'is a KeyObject of type private',
      /pub_key\.pem/,
    ],
    ["the merchant's public key", () => PUBLIC_KEY_ID, ownPublicKey, OWN, /Only WeChat Pay's keys/],
    [
      "the merchant's public key under a serial",
      () => SERIAL,
      ownPublicKey,
      OWN,
      /Only WeChat Pay's/,
    ],
    [
      "the merchant's certificate",
      () => PUBLIC_KEY_ID,
      () => merchant.certificate,
      OWN,
      /Only WeChat/,
    ],
    [
      "the merchant's certificate under its serial",
      () => merchant.serial,
      () => merchant.certificate,
      OWN,
      /平台证书/,
    ],
    [
      "WeChat Pay's key under the merchant's serial",
      () => merchant.serial.toLowerCase(),
      () => merchant.publicKey.pem,
      OWN,
      /Only WeChat Pay's/,
    ],
    [
      'a certificate under the id of a public key',
      () => PUBLIC_KEY_ID,
      () => merchant.platformCertificate.pem,
      'holds a certificate under the id of a public key',
      /Give pub_key\.pem, or name the entry by the certificate's serial [0-9A-F]{40}\./,
    ],
    ['a name of another form', () => 'publicKey', () => merchant.publicKey.pem, UNNAMED, /公钥ID/],
    ['an empty name', () => '', () => merchant.publicKey.pem, UNNAMED, /公钥ID/],
    [
      'a name that is too long',
      () => 'A'.repeat(65),
      () => merchant.publicKey.pem,
      UNNAMED,
      /公钥ID/,
    ],
  ])('refuses platformKeys with %s', (_what, name, value, text, fix) => {
    expect(problemsOf({ platformKeys: { [name()]: value() } })).toEqual([
      problem(`platformKeys['${name()}']`, text, fix),
    ]);
  });

  // [process.env.A ?? '']: and serial: process.env.B ?? '', with neither of them set.
  it('does not take an empty name for the own serial when that is missing', () => {
    const platformKeys = { '': merchant.publicKey.pem };

    expect(problemsOf({ serial: '', platformKeys })).toEqual([
      problem('serial', 'is missing', /openssl x509/),
      problem("platformKeys['']", UNNAMED, /公钥ID/),
    ]);
  });

  // It is sent as a header, and no header on an answer could ever name it.
  it.each([
    'PUB_KEY_ID_',
    'PUB_KEY_ID_1-2',
    'PUB_KEY_ID_1 2',
    'XPUB_KEY_ID_1',
    'PUB_KEY_ID_公钥',
    'PUB_KEY_ID_1\r\nX: 1',
    `PUB_KEY_ID_${'1'.repeat(54)}`,
  ])('refuses %j for the id of a public key', (name) => {
    const [found] = problemsOf({ platformKeys: { [name]: merchant.publicKey.pem } });

    expect(found?.problem).toBe(UNNAMED);
  });

  it('refuses a certificate under another serial, and names its own', () => {
    const { id, pem: certificate } = merchant.platformCertificate;

    expect(problemsOf({ platformKeys: { [SERIAL]: certificate } })).toEqual([
      problem(
        `platformKeys['${SERIAL}']`,
        `holds the certificate with serial ${id}`,
        /that serial/,
      ),
    ]);
  });

  it('refuses a certificate from the very moment at which it expires', () => {
    const platformKeys = { [expiring.id]: expiring.pem };

    expect(() => resolve({ platformKeys }, EXPIRY.getTime() - 1)).not.toThrow();
    expect(problemsOf({ platformKeys }, EXPIRY.getTime())).toEqual([
      problem(
        `platformKeys['${expiring.id}']`,
        'holds a certificate that expired on 2031-01-23T10:13:30.000Z',
        /the present one/,
      ),
    ]);
  });

  it('refuses a faulty platform key even beside a good one', () => {
    const platformKeys = { ...merchant.options.platformKeys, [SERIAL]: 'key' };

    expect(problemsOf({ platformKeys })).toEqual([
      problem(`platformKeys['${SERIAL}']`, 'is not readable as PEM', /pub_key\.pem/),
    ]);
  });

  it.each<[string, (id: string) => string, (id: string) => string]>([
    ['in another case', (id) => id.toLowerCase(), (id) => `platformKeys['${id.toLowerCase()}']`],
    ['with a space', (id) => `${id} `, (id) => `platformKeys['${id} ']`],
    ['with a line feed', (id) => `${id}\n`, () => 'platformKeys[1]'],
  ])('refuses a name that is given twice, once %s', (_how, write, option) => {
    const { id, pem: key } = merchant.publicKey;

    expect(problemsOf({ platformKeys: { [id]: key, [write(id)]: key } })).toEqual([
      problem(option(id), 'is given twice', /Keep one/),
    ]);
  });

  it('refuses a serial that is given twice, though with different keys', () => {
    const { id, pem: certificate } = merchant.platformCertificate;
    const key = new X509Certificate(certificate).publicKey;
    const platformKeys = { [id]: certificate, [id.toLowerCase()]: key };

    expect(problemsOf({ platformKeys })).toEqual([
      problem(`platformKeys['${id.toLowerCase()}']`, 'is given twice', /Keep one/),
    ]);
  });

  it('does not recognise the own key beside a privateKey that cannot be read', () => {
    const platformKeys = { [PUBLIC_KEY_ID]: ownPublicKey() };

    expect(problemsOf({ privateKey: 'secret', platformKeys })).toEqual([
      problem('privateKey', 'is not readable as PEM', /apiclient_key\.pem/),
    ]);
  });

  it.each<[string, Overrides]>([
    ['an empty map', { platformKeys: {}, platformCertificates: undefined }],
    ['null', { platformKeys: null, platformCertificates: undefined }],
    ['no map', { platformKeys: undefined, platformCertificates: { download: false } }],
  ])('refuses %s when nothing is downloaded either', (_what, overrides) => {
    expect(problemsOf(overrides)).toEqual([
      problem(
        'platformKeys',
        'holds no key, and downloading certificates is off',
        /PUB_KEY_ID_\.\.\./,
      ),
    ]);
  });

  it.each([
    ['a string', 'false', 'is of type string'],
    ['a number', 1, 'is of type number'],
    ['null', null, 'is of type null'],
    ['a list', [true], 'is of type array'],
  ])('refuses a platformCertificates.download that is %s', (_what, download, text) => {
    expect(problemsOf({ platformCertificates: { download } })).toEqual([
      problem('platformCertificates.download', text, /true or false/),
    ]);
  });

  it.each([
    ['a string', 'false', 'is of type string'],
    ['an empty string', '', 'is of type string'],
    ['a number', 0, 'is of type number'],
    ['null', null, 'is of type null'],
    ['a list', [], 'is of type array'],
  ])('refuses an allowPrivateCallbackUrls that is %s', (_what, value, text) => {
    expect(problemsOf({ allowPrivateCallbackUrls: value })).toEqual([
      problem('allowPrivateCallbackUrls', text, /true or false/),
    ]);
  });

  it.each([
    ['a string', 'proxy', 'is of type string'],
    ['a boolean', false, 'is of type boolean'],
    ['null', null, 'is of type null'],
    ['a list', [], 'is of type array'],
    ['a function', () => ({}), 'is of type function'],
  ])('refuses a request that is %s', (_what, value, text) => {
    expect(problemsOf({ request: value })).toEqual([
      problem('request', text, /axios request config/),
    ]);
  });

  it.each([
    ['redis://127.0.0.1', 'string'],
    [{}, 'object'],
    [{ claim: () => undefined, renew: () => undefined, complete: () => undefined }, 'object'],
    [true, 'boolean'],
    [null, 'null'],
  ])('refuses a store that is %p', (store, kind) => {
    expect(problemsOf({ store })).toEqual([
      problem(
        'store',
        `is of type ${kind}, without the methods of a NotificationStore`,
        /new RedisNotificationStore/,
      ),
    ]);
  });

  it('accepts any store with the four methods, and none', () => {
    const store = new MemoryNotificationStore();
    expect(resolve({ store }).store).toBe(store);
    expect(resolve({ store: false }).store).toBe(false);
    expect(resolve({}).store).toBeUndefined();
  });

  it.each([
    ['http://shop.example.com/complaints', 'must use https'],
    ['https://127.0.0.1/complaints?a=1', 'must not contain a query string; points to a loopback'],
    [7, 'must be a non-empty string'],
  ])('refuses callbackUrl %p', (callbackUrl, text) => {
    expect(problemsOf({ callbackUrl })).toEqual([
      {
        option: 'callbackUrl',
        problem: expect.stringContaining(text),
        fix: 'Give the public https URL of your route.',
      },
    ]);
  });

  it('accepts a callbackUrl on loopback only where private ones are allowed', () => {
    const callbackUrl = 'http://127.0.0.1:3000/complaints';
    expect(resolve({ callbackUrl, allowPrivateCallbackUrls: true })).toMatchObject({ callbackUrl });
    expect(problemsOf({ callbackUrl })).toHaveLength(1);
  });

  it.each([
    [3, 'number'],
    ['no', 'string'],
    [true, 'boolean'],
    [[], 'array'],
  ])('refuses retry: %p', (retry, kind) => {
    expect(problemsOf({ retry })).toEqual([
      problem('retry', `is of type ${kind}`, /^Give false, or an object/),
    ]);
  });

  it('refuses half an attempt', () => {
    expect(problemsOf({ retry: { attempts: 1.5 } })).toEqual([
      problem('retry.attempts', 'is 1.5', /^Give a whole number/),
    ]);
  });

  it('reads retry: false as a single attempt', () => {
    expect(resolve({ retry: false }).retry.attempts).toBe(1);
    expect(resolve({}).retry).toEqual({
      attempts: 3,
      baseDelay: 200,
      maxDelay: 2000,
      deadline: 30_000,
    });
  });

  it('gives a call as much time as one attempt may take, unless a deadline is set', () => {
    expect(resolve({ timeout: 60_000 }).retry.deadline).toBe(60_000);
    expect(resolve({ timeout: 60_000, retry: false }).retry.deadline).toBe(60_000);
    expect(resolve({ timeout: 20_000 }).retry.deadline).toBe(30_000);
    expect(resolve({ timeout: 60_000, retry: { deadline: 5000 } }).retry.deadline).toBe(5000);
  });

  describe.each<[option: string, max: number, unit: string, set: (value: unknown) => Overrides]>([
    ['timeout', 600_000, 'milliseconds', (timeout) => ({ timeout })],
    ['clockTolerance', 3600, 'seconds', (clockTolerance) => ({ clockTolerance })],
    ['retry.attempts', 100, 'attempts', (attempts) => ({ retry: { attempts } })],
    ['retry.baseDelay', 600_000, 'milliseconds', (baseDelay) => ({ retry: { baseDelay } })],
    ['retry.maxDelay', 600_000, 'milliseconds', (maxDelay) => ({ retry: { maxDelay } })],
    ['retry.deadline', 600_000, 'milliseconds', (deadline) => ({ retry: { deadline } })],
    ['failoverCooldown', DAY, 'milliseconds', (failoverCooldown) => ({ failoverCooldown })],
    ['lease', DAY, 'milliseconds', (lease) => ({ lease })],
    ['retention', 366 * DAY, 'milliseconds', (retention) => ({ retention })],
    ['handlerTimeout', 600_000, 'milliseconds', (handlerTimeout) => ({ handlerTimeout })],
    ['shutdownTimeout', 600_000, 'milliseconds', (shutdownTimeout) => ({ shutdownTimeout })],
    [
      'platformCertificates.refreshInterval',
      TWELVE_HOURS,
      'milliseconds',
      (refreshInterval) => ({ platformCertificates: { download: true, refreshInterval } }),
    ],
    [
      'platformCertificates.unknownSerialCooldown',
      TWELVE_HOURS,
      'milliseconds',
      (unknownSerialCooldown) => ({
        platformCertificates: { download: true, unknownSerialCooldown },
      }),
    ],
  ])('for %s', (option, max, unit, set) => {
    it.each([
      [0, 'is 0'],
      [-1, 'is -1'],
      [NaN, 'is NaN'],
      [Infinity, 'is Infinity'],
      [max + 1, `is ${max + 1}`],
      ['1000', 'is of type string'],
      [null, 'is of type null'],
      [true, 'is of type boolean'],
      [[1000], 'is of type array'],
    ])('refuses %p', (value, text) => {
      expect(problemsOf(set(value))).toEqual([
        problem(option, text, new RegExp(`^Give a number of ${unit} above 0 and up to ${max}\\.$`)),
      ]);
    });

    it(`accepts up to ${max}`, () => {
      expect(() => resolve(set(max))).not.toThrow();
      expect(() => resolve(set(1))).not.toThrow();
    });
  });

  it.each<Row>([
    ['an empty list', () => [], 'is not a list with at least one URL', /api2\.mch\.weixin/],
    ['a string', () => 'https://a.example', 'is not a list with at least one URL', /Leave it out/],
    ['an object', () => ({}), 'is not a list with at least one URL', /Leave it out/],
  ])('refuses baseUrls that are %s', (_what, value, text, fix) => {
    expect(problemsOf({ baseUrls: value() })).toEqual([problem('baseUrls', text, fix)]);
  });

  const NO_URL = 'is not an absolute https URL';
  const NO_HTTPS = 'uses http, which is for loopback hosts only';
  const OVERSEAS = 'is for overseas merchants, whose paths are others';
  const TOO_MUCH = 'has a path, query, fragment or credentials';
  it.each([
    ['malformed', 'https://', NO_URL],
    ['a host alone', 'api.mch.weixin.qq.com', NO_URL],
    ['empty', '', NO_URL],
    ['no string', 42, NO_URL],
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
    ['that of other paths', 'https://apihk.mch.weixin.qq.com', OVERSEAS],
  ])('refuses a base URL that is %s', (_what, url, text) => {
    expect(problemsOf({ baseUrls: ['https://api.mch.weixin.qq.com', url] })).toEqual([
      problem('baseUrls[1]', text, /^Give scheme and host only/),
    ]);
  });
});

describe('WechatPayConfigurationError', () => {
  const everythingWrong = {
    mchid: '',
    serial: '',
    privateKey: '',
    apiV3Key: '',
    platformKeys: { one: '', two: '' },
    platformCertificates: { download: 'no', refreshInterval: 0, unknownSerialCooldown: 0 },
    allowPrivateCallbackUrls: 'no',
    request: 'no',
    baseUrls: ['ftp://a.example', 'http://b.example'],
    timeout: 0,
    clockTolerance: 0,
  };

  it('lists all faults together, each with its option and a fix', () => {
    const error = failureOf(() => resolve(everythingWrong));

    expect(error.problems.map(({ option }) => option)).toEqual([
      'mchid',
      'serial',
      'privateKey',
      'apiV3Key',
      "platformKeys['one']",
      "platformKeys['two']",
      'platformCertificates.download',
      'platformCertificates.refreshInterval',
      'platformCertificates.unknownSerialCooldown',
      'allowPrivateCallbackUrls',
      'request',
      'baseUrls[0]',
      'baseUrls[1]',
      'timeout',
      'clockTolerance',
    ]);
    expect(error.message.split('\n')).toEqual([
      'WechatPayComplaintModule cannot start because of 15 problems:',
      ...error.problems.map(({ option, problem: text, fix }) => `  - ${option} ${text}. ${fix}`),
    ]);
    expect(error.problems.filter(({ fix }) => fix.trim() === '')).toEqual([]);
  });

  it('speaks of one option when there is one', () => {
    expect(failureOf(() => resolve({ timeout: 0 })).message).toBe(
      'WechatPayComplaintModule cannot start because of one problem:\n' +
        '  - timeout is 0. Give a number of milliseconds above 0 and up to 600000.',
    );
  });

  it('is a WechatPayError with a code to decide by', () => {
    const error = failureOf(() => resolve(everythingWrong));

    expect(error).toBeInstanceOf(WechatPayError);
    expect(error).toMatchObject({
      name: 'WechatPayConfigurationError',
      code: 'INVALID_CONFIGURATION',
    });
  });

  it.each<[string, () => Overrides]>([
    [
      'a damaged privateKey',
      () => ({ privateKey: merchant.privateKey.replace(/\n.{64}\n/, '\n') }),
    ],
    ['a privateKey on one line', () => ({ privateKey: merchant.privateKey.replaceAll('\n', ' ') })],
    ['an apiV3Key with white space', () => ({ apiV3Key: ` ${merchant.apiV3Key}\n` })],
    [
      'a private key for the name of a platform key',
      () => ({ platformKeys: { [merchant.privateKey]: 'A1' } }),
    ],
    ['a private key for a platform key', () => ({ platformKeys: { A1: merchant.privateKey } })],
    ['the apiV3Key in place of the privateKey', () => ({ privateKey: merchant.apiV3Key })],
    ['the privateKey in place of the apiV3Key', () => ({ apiV3Key: merchant.privateKey })],
    ['the privateKey in place of the serial', () => ({ serial: merchant.privateKey })],
    ['the apiV3Key in place of the mchid', () => ({ mchid: `${merchant.apiV3Key} ` })],
    ['the privateKey among the base URLs', () => ({ baseUrls: [merchant.privateKey] })],
    [
      'a base URL with credentials',
      () => ({ baseUrls: [`https://a:${merchant.apiV3Key}@b.example`] }),
    ],
    [
      'secrets in place of allowPrivateCallbackUrls and request',
      () => ({ allowPrivateCallbackUrls: merchant.apiV3Key, request: merchant.privateKey }),
    ],
    ['a faulty option beside good secrets', () => ({ timeout: 0 })],
    [
      'everything at once',
      () => ({
        mchid: merchant.privateKey,
        serial: merchant.privateKey,
        privateKey: encrypted(merchant.privateKey),
        apiV3Key: `${merchant.apiV3Key}  `,
        platformKeys: { A1: merchant.privateKey, A2: createPrivateKey(merchant.privateKey) },
        timeout: merchant.apiV3Key,
      }),
    ],
  ])('shows no secret for %s', (_what, overrides) => {
    const given = overrides();
    const error = failureOf(() => resolve(given));

    const shown = [
      error.message,
      error.stack,
      inspect(error, { depth: 10, showHidden: true, maxStringLength: Infinity }),
      JSON.stringify(error),
    ].join('\n');
    const pems = [merchant.privateKey, given.privateKey].filter((key) => typeof key === 'string');
    const secrets = pems
      .flatMap((key) => key.split(/\s+/))
      // A line of base64, not a word of the frame of PEM.
      .filter((line) => /^[\w+/]{16,}=*$/.test(line))
      .concat(merchant.apiV3Key);
    expect(secrets.length).toBeGreaterThan(20);
    expect(secrets.filter((secret) => shown.includes(secret))).toEqual([]);
  });
});
