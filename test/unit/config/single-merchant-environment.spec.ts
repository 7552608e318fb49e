import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createPublicKey } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { readEnvironment } from '../../../lib/config/read-environment.js';
import type { SingleMerchantOptions } from '../../../lib/config/wechatpay-complaint-options.interface.js';
import { WechatPayConfigurationError } from '../../../lib/errors/wechatpay-configuration.error.js';
import {
  createTestCertificate,
  createTestMerchant,
  type TestMerchant,
  type TestPlatformKey,
} from '../../../lib/testing/index.js';
import { resolvedOptionsOf } from '../../support/resolved-options.js';
import { problem } from '../../support/option-problems.js';

type Environment = Record<string, string | undefined>;

/** No key, but a secret all the same. */
const GARBAGE = 'correct-horse-battery-staple';

let merchant: TestMerchant;
let expired: TestPlatformKey;
let folder: string;
/** The variables that a merchant in public-key mode sets. */
let variables: Environment;

beforeAll(async () => {
  [merchant, expired, folder] = await Promise.all([
    createTestMerchant(),
    createTestCertificate({
      notBefore: new Date('2020-01-23T10:13:30Z'),
      notAfter: new Date('2025-01-23T10:13:30Z'),
    }),
    mkdtemp(join(tmpdir(), 'wechatpay-complaint-')),
  ]);
  await Promise.all([
    writeFile(join(folder, 'apiclient_key.pem'), merchant.privateKey),
    writeFile(join(folder, 'pub_key.pem'), merchant.publicKey.pem),
    writeFile(join(folder, 'platform.pem'), merchant.platformCertificate.pem),
    writeFile(join(folder, 'empty.pem'), ''),
    writeFile(join(folder, 'garbage.pem'), GARBAGE),
    writeFile(join(folder, 'expired.pem'), expired.pem),
  ]);
  variables = {
    WECHATPAY_MCHID: merchant.mchid,
    WECHATPAY_SERIAL: merchant.serial,
    WECHATPAY_API_V3_KEY: merchant.apiV3Key,
    WECHATPAY_PRIVATE_KEY: merchant.privateKey,
    WECHATPAY_PUBLIC_KEY_ID: merchant.publicKey.id,
    WECHATPAY_PUBLIC_KEY: merchant.publicKey.pem,
  };
});

afterAll(() => rm(folder, { recursive: true }));

/** Reads the variables above with some of them replaced, or removed by undefined. */
function read(changes: Environment = {}): SingleMerchantOptions {
  const options = readEnvironment({ ...variables, ...changes });
  if (options.merchants) throw new Error('These are the options of several merchants.');
  return options;
}

function failureOf(changes: Environment): WechatPayConfigurationError {
  try {
    read(changes);
  } catch (error) {
    if (error instanceof WechatPayConfigurationError) return error;
    throw error;
  }
  throw new Error('The environment was accepted.');
}

/** `option problem` of each, sorted. */
function linesOf({ problems }: WechatPayConfigurationError): string[] {
  return problems.map(({ option, problem: text }) => `${option} ${text}`).sort();
}

/** How an environment may hand over a PEM; pem.spec.ts has more of them. */
const FORMS: readonly [how: string, write: (pem: string) => string][] = [
  ['with literal \\n', (pem) => pem.replaceAll('\n', '\\n')],
  ['with CRLF', (pem) => pem.replaceAll('\n', '\r\n')],
  ['with spaces for line feeds', (pem) => pem.replaceAll('\n', ' ')],
  ['without line feeds', (pem) => pem.replaceAll('\n', '')],
  ['in quotes', (pem) => `"${pem}"`],
  ['in quotes with literal \\n', (pem) => `"${pem.replaceAll('\n', '\\n')}"`],
  ['as base64', (pem) => Buffer.from(pem).toString('base64')],
  ['indented', (pem) => pem.replaceAll(/^/gm, '    ')],
];

const WITHOUT_PUBLIC_KEY = { WECHATPAY_PUBLIC_KEY_ID: undefined, WECHATPAY_PUBLIC_KEY: undefined };

describe('The environment of one merchant', () => {
  it('reads the variables of public-key mode', () => {
    expect(read()).toEqual({
      mchid: merchant.mchid,
      serial: merchant.serial,
      privateKey: merchant.privateKey.trim(),
      apiV3Key: merchant.apiV3Key,
      platformKeys: { [merchant.publicKey.id]: merchant.publicKey.pem.trim() },
      platformCertificates: { download: false },
    });
  });

  it('leaves variables that are not set or blank to the defaults of the module', () => {
    const blank = Object.fromEntries(
      ['REFRESH_INTERVAL', 'BASE_URLS', 'TIMEOUT', 'CALLBACK_URL', 'DOWNLOAD_CERTIFICATES'].map(
        (name) => [`WECHATPAY_${name}`, '  '],
      ),
    );

    expect(read(blank)).toEqual(read());
    expect(resolvedOptionsOf(read(blank))).toMatchObject({ timeout: 10_000, clockTolerance: 300 });
  });

  it('reads all other variables', () => {
    expect(
      read({
        WECHATPAY_DOWNLOAD_CERTIFICATES: 'true',
        WECHATPAY_REFRESH_INTERVAL: '3600000',
        WECHATPAY_BASE_URLS: 'https://api2.mch.weixin.qq.com , http://127.0.0.1:3000',
        WECHATPAY_TIMEOUT: ' 5000 ',
        WECHATPAY_CLOCK_TOLERANCE: '60',
        WECHATPAY_CALLBACK_URL: 'https://shop.example.com/complaints',
      }),
    ).toMatchObject({
      platformCertificates: { download: true, refreshInterval: 3_600_000 },
      baseUrls: ['https://api2.mch.weixin.qq.com', 'http://127.0.0.1:3000'],
      timeout: 5000,
      clockTolerance: 60,
      callbackUrl: 'https://shop.example.com/complaints',
    });
  });

  it.each<[string, () => Environment]>([
    [
      'in files',
      () => ({
        WECHATPAY_PRIVATE_KEY: undefined,
        WECHATPAY_PRIVATE_KEY_PATH: join(folder, 'apiclient_key.pem'),
        WECHATPAY_PUBLIC_KEY: '',
        WECHATPAY_PUBLIC_KEY_PATH: ` ${join(folder, 'pub_key.pem')} `,
        WECHATPAY_PLATFORM_CERTIFICATE_PATH: join(folder, 'platform.pem'),
      }),
    ],
    ['inline', () => ({ WECHATPAY_PLATFORM_CERTIFICATE: merchant.platformCertificate.pem })],
    ...FORMS.map(([how, write]): [string, () => Environment] => [
      how,
      () => ({
        WECHATPAY_PRIVATE_KEY: write(merchant.privateKey),
        WECHATPAY_PUBLIC_KEY: write(merchant.publicKey.pem),
        WECHATPAY_PLATFORM_CERTIFICATE: write(merchant.platformCertificate.pem),
      }),
    ]),
  ])('returns options that the module accepts for keys %s', (_how, changes) => {
    const { privateKey, platformKeys } = resolvedOptionsOf(read(changes()));
    const { publicKey, platformCertificate } = merchant;

    expect(privateKey.equals(resolvedOptionsOf(merchant.options).privateKey)).toBe(true);
    expect([...platformKeys.keys()]).toEqual([publicKey.id, platformCertificate.id]);
    for (const { id, pem } of [publicKey, platformCertificate]) {
      expect(platformKeys.get(id)?.key.equals(createPublicKey(pem))).toBe(true);
    }
  });

  describe('the download of certificates', () => {
    it.each<[string | undefined, string, Environment, boolean]>([
      [undefined, 'beside a public key', {}, false],
      [undefined, 'beside no key', WITHOUT_PUBLIC_KEY, true],
      ['true', 'beside a public key', {}, true],
      ['TRUE', 'beside a public key', {}, true],
      ['true', 'beside no key', WITHOUT_PUBLIC_KEY, true],
      ['false', 'beside a public key', {}, false],
      ['False', 'beside a public key', {}, false],
    ])('set to %s %s, is %s', (value, _beside, changes, expected) => {
      const options = read({ ...changes, WECHATPAY_DOWNLOAD_CERTIFICATES: value });

      expect(options.platformCertificates?.download).toBe(expected);
    });

    it('set to false beside no key, is rejected', () => {
      const changes = { ...WITHOUT_PUBLIC_KEY, WECHATPAY_DOWNLOAD_CERTIFICATES: 'false' };

      expect(failureOf(changes).problems).toEqual([
        problem(
          'WECHATPAY_PUBLIC_KEY',
          'is not set, although WECHATPAY_DOWNLOAD_CERTIFICATES is false',
          /WECHATPAY_PUBLIC_KEY_ID/,
        ),
      ]);
    });

    it('set to false beside a key that cannot be read, is no second fault', () => {
      const error = failureOf({
        WECHATPAY_PUBLIC_KEY: undefined,
        WECHATPAY_PUBLIC_KEY_PATH: join(folder, 'missing.pem'),
        WECHATPAY_DOWNLOAD_CERTIFICATES: 'false',
      });

      expect(linesOf(error)).toEqual([
        'WECHATPAY_PUBLIC_KEY_PATH names a file that cannot be read (ENOENT)',
      ]);
    });

    it('is off by default beside a platform certificate', () => {
      const { platformKeys, platformCertificates } = read({
        ...WITHOUT_PUBLIC_KEY,
        WECHATPAY_PLATFORM_CERTIFICATE_PATH: join(folder, 'platform.pem'),
      });

      expect(Object.keys(platformKeys ?? {})).toEqual([merchant.platformCertificate.id]);
      expect(platformCertificates?.download).toBe(false);
    });

    it('needs no platformKeys', () => {
      expect(read(WITHOUT_PUBLIC_KEY).platformKeys).toBeUndefined();
    });
  });

  it('names all missing variables together', () => {
    const none = Object.fromEntries(Object.keys(variables).map((name) => [name, undefined]));

    const { message, problems } = failureOf(none);

    expect(problems.map(({ option, problem: text }) => `${option} ${text}`).sort()).toEqual([
      'WECHATPAY_API_V3_KEY is not set',
      'WECHATPAY_MCHID is not set',
      'WECHATPAY_PRIVATE_KEY is not set',
      'WECHATPAY_SERIAL is not set',
    ]);
    expect(message).toContain('4 problems');
  });

  it.each([
    'WECHATPAY_MCHID',
    'WECHATPAY_SERIAL',
    'WECHATPAY_API_V3_KEY',
    'WECHATPAY_PRIVATE_KEY',
    'WECHATPAY_PUBLIC_KEY',
    'WECHATPAY_PUBLIC_KEY_ID',
  ])('treats a blank %s as not set', (name) => {
    const expected = [problem(name, /^is not set$/, /./)];

    expect(failureOf({ [name]: undefined }).problems).toEqual(expected);
    expect(failureOf({ [name]: ' \n' }).problems).toEqual(expected);
  });

  const PEMS = ['WECHATPAY_PRIVATE_KEY', 'WECHATPAY_PUBLIC_KEY', 'WECHATPAY_PLATFORM_CERTIFICATE'];

  it('names a missing id beside a file that cannot be read', () => {
    const { problems } = failureOf({
      ...WITHOUT_PUBLIC_KEY,
      WECHATPAY_PUBLIC_KEY_PATH: join(folder, 'missing.pem'),
    });

    expect(problems.map(({ option }) => option)).toEqual([
      'WECHATPAY_PUBLIC_KEY_PATH',
      'WECHATPAY_PUBLIC_KEY_ID',
    ]);
  });

  it.each(PEMS)('rejects %s_PATH with an empty file', (name) => {
    const changes = { [name]: undefined, [`${name}_PATH`]: join(folder, 'empty.pem') };

    expect(failureOf(changes).problems).toEqual([problem(`${name}_PATH`, 'is empty', /./)]);
  });

  it.each(PEMS)('names the cause if only the first line of %s has arrived', (name) => {
    const expected = [problem(name, 'is only the first line of a PEM', /quotes.*base64/)];

    expect(failureOf({ [name]: '"-----BEGIN PRIVATE KEY-----' }).problems).toEqual(expected);
  });

  it.each(PEMS)('names the variable for the path that is in %s', (name) => {
    for (const path of ['/run/secrets/key', './certs/pub_key.pem']) {
      expect(failureOf({ [name]: path }).problems).toEqual([
        problem(name, 'is the path of a file, not its content', /names end in _PATH/),
      ]);
    }
  });

  describe.each<[how: string, set: (name: string, pem: string, file: string) => Environment]>([
    ['inline', (name, pem) => ({ [name]: pem })],
    [
      'in a file',
      (name, _pem, file) => ({ [name]: undefined, [`${name}_PATH`]: join(folder, file) }),
    ],
  ])('given %s', (how, set) => {
    const suffix = how === 'inline' ? '' : '_PATH';
    type Row = [what: string, pem: () => string, file: string, text: string, fix: RegExp];

    it.each<Row>([
      ['a text', () => GARBAGE, 'garbage.pem', 'is not PEM text', /platform certificate/],
      [
        'a public key',
        () => merchant.publicKey.pem,
        'pub_key.pem',
        'is a public key',
        /^Set WECHATPAY_PUBLIC_KEY to it/,
      ],
      [
        'a private key',
        () => merchant.privateKey,
        'apiclient_key.pem',
        'is a private key',
        /probably your own/,
      ],
    ])('rejects %s as a platform certificate', (_what, pem, file, text, fix) => {
      expect(failureOf(set('WECHATPAY_PLATFORM_CERTIFICATE', pem(), file)).problems).toEqual([
        problem(`WECHATPAY_PLATFORM_CERTIFICATE${suffix}`, text, fix),
      ]);
    });

    it('rejects an expired platform certificate', () => {
      const changes = set('WECHATPAY_PLATFORM_CERTIFICATE', expired.pem, 'expired.pem');

      expect(failureOf({ ...WITHOUT_PUBLIC_KEY, ...changes }).problems).toEqual([
        problem(
          `WECHATPAY_PLATFORM_CERTIFICATE${suffix}`,
          'holds a certificate that expired on 2025-01-23T10:13:30.000Z',
          /successor/,
        ),
      ]);
    });

    it('accepts an expired platform certificate beside a public key', () => {
      const changes = set('WECHATPAY_PLATFORM_CERTIFICATE', expired.pem, 'expired.pem');

      expect(resolvedOptionsOf(read(changes)).warnings).toHaveLength(1);
    });

    it.each<Row>([
      ['a text', () => GARBAGE, 'garbage.pem', 'is not PEM text', /BEGIN PRIVATE KEY/],
      [
        'a public key',
        () => merchant.publicKey.pem,
        'pub_key.pem',
        'is a public key',
        /apiclient_key/,
      ],
      [
        'a certificate',
        () => merchant.platformCertificate.pem,
        'platform.pem',
        'is a certificate',
        /apiclient_key/,
      ],
    ])('rejects %s as a private key', (_what, pem, file, text, fix) => {
      expect(failureOf(set('WECHATPAY_PRIVATE_KEY', pem(), file)).problems).toEqual([
        problem(`WECHATPAY_PRIVATE_KEY${suffix}`, text, fix),
      ]);
    });

    it.each<Row>([
      ['a text', () => GARBAGE, 'garbage.pem', 'is not PEM text', /pub_key\.pem/],
      [
        'a private key',
        () => merchant.privateKey,
        'apiclient_key.pem',
        'is a private key',
        /your own/,
      ],
      [
        'a certificate',
        () => merchant.platformCertificate.pem,
        'platform.pem',
        'is a platform certificate',
        /^Set WECHATPAY_PLATFORM_CERTIFICATE to it/,
      ],
    ])('rejects %s as a public key', (_what, pem, file, text, fix) => {
      expect(failureOf(set('WECHATPAY_PUBLIC_KEY', pem(), file)).problems).toEqual([
        problem(`WECHATPAY_PUBLIC_KEY${suffix}`, text, fix),
      ]);
    });
  });

  it('rejects a damaged platform certificate', () => {
    const damaged = merchant.platformCertificate.pem.replace(/\n.{64}\n/, '\n');

    expect(failureOf({ WECHATPAY_PLATFORM_CERTIFICATE: damaged }).problems).toEqual([
      problem('WECHATPAY_PLATFORM_CERTIFICATE', /^is damaged: /, /platform certificate/),
    ]);
  });

  it("rejects the merchant's own certificate under the name of its variable", () => {
    expect(failureOf({ WECHATPAY_PLATFORM_CERTIFICATE: merchant.certificate }).problems).toEqual([
      problem('WECHATPAY_PLATFORM_CERTIFICATE', /own certificate or key/, /平台证书/),
    ]);
  });

  it.each<[variable: string, value: string, option: string, text: RegExp, fix: RegExp]>([
    ['MCHID', '1900 000 109', 'MCHID', /^is not a merchant id$/, /商户号/],
    ['MCHID', '"1900000109"', 'MCHID', /^has quotes around it$/, /docker --env-file/],
    ['SERIAL', 'zz', 'SERIAL', /^is not a hexadecimal serial number$/, /openssl x509/],
    ['SERIAL', 'PUB_KEY_ID_1', 'SERIAL', /^is the id of a WeChat Pay public key/, /openssl x509/],
    ['API_V3_KEY', 'short', 'API_V3_KEY', /^has 5 bytes, 32 are needed$/, /APIv3密钥/],
    ['API_V3_KEY', "'short'", 'API_V3_KEY', /^has quotes around it$/, /docker --env-file/],
    ['PUBLIC_KEY_ID', '"PUB_KEY_ID_1"', 'PUBLIC_KEY_ID', /^has quotes/, /docker --env-file/],
    ['BASE_URLS', 'ftp://a.example', 'BASE_URLS[0]', /^is not an absolute https URL$/, /scheme/],
    ['BASE_URLS', 'http://a.example', 'BASE_URLS[0]', /^uses http/, /scheme and host/],
    ['BASE_URLS', 'https://a.example,https://b.example/v3', 'BASE_URLS[1]', /^has a path/, /host/],
    ['CALLBACK_URL', 'http://a.example', 'CALLBACK_URL', /^must use https$/, /public https URL/],
    ['TIMEOUT', '0', 'TIMEOUT', /^is 0$/, /up to 600000/],
    ['TIMEOUT', '10s', 'TIMEOUT', /^is not a whole number$/, /digits only/],
    ['CLOCK_TOLERANCE', '3601', 'CLOCK_TOLERANCE', /^is 3601$/, /seconds above 0 and up to 3600/],
    ['REFRESH_INTERVAL', '43200001', 'REFRESH_INTERVAL', /^is 43200001$/, /up to 43200000/],
    ['DOWNLOAD_CERTIFICATES', 'yes', 'DOWNLOAD_CERTIFICATES', /^is neither true/, /one of them/],
  ])('rejects WECHATPAY_%s set to %s, once', (variable, value, option, text, fix) => {
    expect(failureOf({ [`WECHATPAY_${variable}`]: value }).problems).toEqual([
      problem(`WECHATPAY_${option}`, text, fix),
    ]);
  });

  it.each([
    'PUB_KEY_ID_',
    'publicKey',
    '0114232134912410000000000000',
    `PUB_KEY_ID_${'1'.repeat(54)}`,
  ])('rejects %s as the id of the public key', (id) => {
    expect(failureOf({ WECHATPAY_PUBLIC_KEY_ID: id }).problems).toEqual([
      problem(
        'WECHATPAY_PUBLIC_KEY_ID',
        'is not the id of a WeChat Pay public key',
        /the whole 公钥ID of the merchant console, which begins with PUB_KEY_ID_/,
      ),
    ]);
  });

  it('names each faulty base URL', () => {
    const error = failureOf({ WECHATPAY_BASE_URLS: 'http://a.example,http://b.example' });

    expect(error.problems.map(({ option }) => option)).toEqual([
      'WECHATPAY_BASE_URLS[0]',
      'WECHATPAY_BASE_URLS[1]',
    ]);
  });

  it('lists missing variables and the faults of options together, each once', () => {
    const error = failureOf({
      WECHATPAY_MCHID: undefined,
      WECHATPAY_SERIAL: 'zz',
      WECHATPAY_API_V3_KEY: 'short',
      WECHATPAY_PRIVATE_KEY: GARBAGE,
      WECHATPAY_PUBLIC_KEY: GARBAGE,
      WECHATPAY_PLATFORM_CERTIFICATE: 'certificate',
      WECHATPAY_DOWNLOAD_CERTIFICATES: 'maybe',
      WECHATPAY_TIMEOUT: '10s',
    });

    expect(linesOf(error)).toEqual([
      'WECHATPAY_API_V3_KEY has 5 bytes, 32 are needed',
      'WECHATPAY_DOWNLOAD_CERTIFICATES is neither true nor false',
      'WECHATPAY_MCHID is not set',
      'WECHATPAY_PLATFORM_CERTIFICATE is not PEM text',
      'WECHATPAY_PRIVATE_KEY is not PEM text',
      'WECHATPAY_PUBLIC_KEY is not PEM text',
      'WECHATPAY_SERIAL is not a hexadecimal serial number',
      'WECHATPAY_TIMEOUT is not a whole number',
    ]);
    expect(error.message).toContain('8 problems');
    expect(error.message).not.toMatch(/- (mchid|serial|apiV3Key|privateKey)/);
  });

  it('reports PEM and path of one key once, beside other faults', () => {
    const error = failureOf({
      WECHATPAY_PRIVATE_KEY_PATH: join(folder, 'apiclient_key.pem'),
      WECHATPAY_PUBLIC_KEY_ID: undefined,
    });

    expect(linesOf(error)).toEqual([
      'WECHATPAY_PRIVATE_KEY and WECHATPAY_PRIVATE_KEY_PATH are both set',
      'WECHATPAY_PUBLIC_KEY_ID is not set',
    ]);
  });

  it.each<[string, () => Environment]>([
    [
      'values in wrong variables',
      () => ({
        WECHATPAY_SERIAL: undefined,
        WECHATPAY_PRIVATE_KEY_PATH: '/run/secrets/key',
        WECHATPAY_PLATFORM_CERTIFICATE: merchant.privateKey,
        WECHATPAY_TIMEOUT: merchant.apiV3Key,
        WECHATPAY_DOWNLOAD_CERTIFICATES: merchant.apiV3Key,
      }),
    ],
    [
      'values that the check of the options rejects',
      () => ({
        WECHATPAY_MCHID: `${merchant.apiV3Key} ${GARBAGE}`,
        WECHATPAY_SERIAL: merchant.privateKey,
        WECHATPAY_API_V3_KEY: `${merchant.apiV3Key}${GARBAGE}`,
        WECHATPAY_PRIVATE_KEY: GARBAGE,
        WECHATPAY_PUBLIC_KEY_ID: merchant.apiV3Key,
        WECHATPAY_PUBLIC_KEY: merchant.privateKey,
        WECHATPAY_BASE_URLS: `https://a:${merchant.apiV3Key}@a.example,${GARBAGE}`,
      }),
    ],
    ['values in quotes', () => ({ WECHATPAY_API_V3_KEY: `"${merchant.apiV3Key}"` })],
    [
      'a private key in place of its path',
      () => ({
        WECHATPAY_PRIVATE_KEY: undefined,
        WECHATPAY_PRIVATE_KEY_PATH: merchant.privateKey,
      }),
    ],
    [
      'a damaged private key',
      () => ({ WECHATPAY_PRIVATE_KEY: merchant.privateKey.replace(/\n.{64}\n/, '\n') }),
    ],
    [
      'a private key as the id of the public key',
      () => ({ WECHATPAY_PUBLIC_KEY_ID: merchant.privateKey }),
    ],
  ])('shows no value in its error about %s', (_what, changes) => {
    const error = failureOf(changes());

    const shown = [
      error.message,
      inspect(error, { depth: 10, showHidden: true }),
      JSON.stringify(error),
    ].join('\n');
    const secrets = merchant.privateKey.split('\n').slice(1, -2).concat(merchant.apiV3Key, GARBAGE);
    expect(secrets.length).toBeGreaterThan(20);
    expect(secrets.filter((secret) => shown.includes(secret))).toEqual([]);
  });
});
