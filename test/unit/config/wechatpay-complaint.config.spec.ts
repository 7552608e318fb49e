import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { createPublicKey } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { resolveOptions } from '../../../lib/config/resolve-options.js';
import type { WechatPayComplaintModuleOptions } from '../../../lib/config/wechatpay-complaint-options.interface.js';
import { wechatPayComplaintConfig } from '../../../lib/config/wechatpay-complaint.config.js';
import {
  type ConfigurationProblem,
  WechatPayConfigurationError,
} from '../../../lib/errors/wechatpay-configuration.error.js';
import {
  createTestCertificate,
  createTestMerchant,
  type TestMerchant,
  type TestPlatformKey,
} from '../../../lib/testing/index.js';

type Environment = Record<string, string | undefined>;

/** What a key must not look like; a secret all the same. */
const GARBAGE = 'correct-horse-battery-staple';

let merchant: TestMerchant;
let expired: TestPlatformKey;
let folder: string;
/** What a merchant in public-key mode has to set. */
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

/** Reads the variables above with some of them replaced, or unset by undefined. */
function read(changes: Environment = {}): WechatPayComplaintModuleOptions {
  const replaced = jest.replaceProperty(process, 'env', { ...variables, ...changes });
  try {
    return wechatPayComplaintConfig();
  } finally {
    replaced.restore();
  }
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

function problem(option: string, text: string | RegExp, fix: RegExp): ConfigurationProblem {
  return {
    option,
    problem: expect.stringMatching(text) as unknown as string,
    fix: expect.stringMatching(fix) as unknown as string,
  };
}

/** `option problem` of each, sorted: order is no promise, the number of times is. */
function linesOf({ problems }: WechatPayConfigurationError): string[] {
  return problems.map(({ option, problem: text }) => `${option} ${text}`).sort();
}

const WITHOUT_PUBLIC_KEY = { WECHATPAY_PUBLIC_KEY_ID: undefined, WECHATPAY_PUBLIC_KEY: undefined };

describe('wechatPayComplaintConfig', () => {
  it('reads what public-key mode needs', () => {
    expect(read()).toEqual({
      mchid: merchant.mchid,
      serial: merchant.serial,
      privateKey: merchant.privateKey.trim(),
      apiV3Key: merchant.apiV3Key,
      platformKeys: { [merchant.publicKey.id]: merchant.publicKey.pem.trim() },
      platformCertificates: { download: false },
    });
  });

  it('leaves to the module what is not set, or blank', () => {
    const blank = Object.fromEntries(
      ['REFRESH_INTERVAL', 'BASE_URLS', 'TIMEOUT', 'CALLBACK_URL', 'DOWNLOAD_CERTIFICATES'].map(
        (name) => [`WECHATPAY_${name}`, '  '],
      ),
    );

    expect(read(blank)).toEqual(read());
    expect(resolveOptions(read(blank))).toMatchObject({ timeout: 10_000, clockTolerance: 300 });
  });

  it('reads everything else', () => {
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

  it('drops white space around every value', () => {
    const padded = Object.entries(variables).map(([name, value]) => [name, ` ${value}\n`]);

    expect(read(Object.fromEntries(padded) as Environment)).toEqual(read());
  });

  it('reads the environment of the moment, not of its import', () => {
    expect(read({ WECHATPAY_MCHID: '1900000001' }).mchid).toBe('1900000001');
    expect(read({ WECHATPAY_MCHID: '1900000002' }).mchid).toBe('1900000002');
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
    [
      'on one line with literal \\r\\n',
      () => ({
        WECHATPAY_PRIVATE_KEY: merchant.privateKey.replaceAll('\n', '\\r\\n'),
        WECHATPAY_PUBLIC_KEY: merchant.publicKey.pem.replaceAll('\n', '\\r\\n'),
        WECHATPAY_PLATFORM_CERTIFICATE: merchant.platformCertificate.pem.replaceAll('\n', '\\r\\n'),
      }),
    ],
    [
      'indented, as a YAML file has them',
      () => ({
        WECHATPAY_PRIVATE_KEY: merchant.privateKey.replaceAll(/^/gm, '    '),
        WECHATPAY_PUBLIC_KEY: merchant.publicKey.pem.replaceAll(/^/gm, '    '),
        WECHATPAY_PLATFORM_CERTIFICATE: merchant.platformCertificate.pem.replaceAll(/^/gm, '\t'),
      }),
    ],
    [
      'on one line with literal \\n',
      () => ({
        WECHATPAY_PRIVATE_KEY: merchant.privateKey.replaceAll('\n', '\\n'),
        WECHATPAY_PUBLIC_KEY: merchant.publicKey.pem.replaceAll('\n', '\\n'),
        WECHATPAY_PLATFORM_CERTIFICATE: merchant.platformCertificate.pem.replaceAll('\n', '\\n'),
      }),
    ],
  ])('yields options that the module accepts when the keys come %s', (_how, changes) => {
    const { privateKey, platformKeys } = resolveOptions(read(changes()));
    const { publicKey, platformCertificate } = merchant;

    expect(privateKey.equals(resolveOptions(merchant.options).privateKey)).toBe(true);
    expect([...platformKeys.keys()]).toEqual([publicKey.id, platformCertificate.id]);
    for (const { id, pem } of [publicKey, platformCertificate]) {
      expect(platformKeys.get(id)?.key.equals(createPublicKey(pem))).toBe(true);
    }
  });

  describe('downloading', () => {
    it.each<[string | undefined, string, Environment, boolean]>([
      [undefined, 'beside a public key', {}, false],
      [undefined, 'beside no key', WITHOUT_PUBLIC_KEY, true],
      ['true', 'beside a public key', {}, true],
      ['TRUE', 'beside a public key', {}, true],
      ['true', 'beside no key', WITHOUT_PUBLIC_KEY, true],
      ['false', 'beside a public key', {}, false],
      ['False', 'beside a public key', {}, false],
    ])('set to %s %s, gives %s', (value, _beside, changes, expected) => {
      const options = read({ ...changes, WECHATPAY_DOWNLOAD_CERTIFICATES: value });

      expect(options.platformCertificates?.download).toBe(expected);
    });

    it('set to false beside no key, is refused', () => {
      const changes = { ...WITHOUT_PUBLIC_KEY, WECHATPAY_DOWNLOAD_CERTIFICATES: 'false' };

      expect(failureOf(changes).problems).toEqual([
        problem(
          'WECHATPAY_PUBLIC_KEY',
          /^holds no key, and downloading certificates is off$/,
          /PUB_KEY_ID_/,
        ),
      ]);
    });

    it('set to false beside a key that cannot be read, is not named a second fault', () => {
      const error = failureOf({
        WECHATPAY_PUBLIC_KEY: undefined,
        WECHATPAY_PUBLIC_KEY_PATH: join(folder, 'missing.pem'),
        WECHATPAY_DOWNLOAD_CERTIFICATES: 'false',
      });

      expect(linesOf(error)).toEqual([
        'WECHATPAY_PUBLIC_KEY_PATH names a file that cannot be read (ENOENT)',
      ]);
    });

    it('is off by itself beside a platform certificate', () => {
      const { platformKeys, platformCertificates } = read({
        ...WITHOUT_PUBLIC_KEY,
        WECHATPAY_PLATFORM_CERTIFICATE_PATH: join(folder, 'platform.pem'),
      });

      expect(Object.keys(platformKeys ?? {})).toEqual([merchant.platformCertificate.id]);
      expect(platformCertificates?.download).toBe(false);
    });

    it('leaves platformKeys absent when there are none', () => {
      expect(read(WITHOUT_PUBLIC_KEY).platformKeys).toBeUndefined();
    });
  });

  it('names every missing variable at once', () => {
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
  ])('takes a blank %s for one that is not set', (name) => {
    const expected = [problem(name, /^is not set$/, /./)];

    expect(failureOf({ [name]: undefined }).problems).toEqual(expected);
    expect(failureOf({ [name]: ' \n' }).problems).toEqual(expected);
  });

  const PEMS = ['WECHATPAY_PRIVATE_KEY', 'WECHATPAY_PUBLIC_KEY', 'WECHATPAY_PLATFORM_CERTIFICATE'];

  it.each(PEMS)('refuses %s beside a path for the same', (name) => {
    const changes = { [name]: 'inline', [`${name}_PATH`]: join(folder, 'platform.pem') };

    expect(failureOf(changes).problems).toEqual([
      problem(name, `^and ${name}_PATH are both set$`, /Keep one/),
    ]);
  });

  it.each(
    PEMS.flatMap((name) => [
      [name, 'a file that does not exist', 'missing.pem', 'ENOENT'],
      [name, 'a folder', '.', 'EISDIR'],
    ]),
  )('refuses %s_PATH for %s', (name, _what, file, reason) => {
    const changes = { [name]: undefined, [`${name}_PATH`]: join(folder, file) };

    expect(failureOf(changes).problems).toEqual([
      problem(`${name}_PATH`, `^names a file that cannot be read \\(${reason}\\)$`, /permissions/),
    ]);
  });

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

  it.each(PEMS)('refuses %s_PATH for an empty file', (name) => {
    const changes = { [name]: undefined, [`${name}_PATH`]: join(folder, 'empty.pem') };

    expect(failureOf(changes).problems).toEqual([problem(`${name}_PATH`, /^is empty$/, /./)]);
  });

  describe.each<[how: string, set: (name: string, pem: string, file: string) => Environment]>([
    ['inline', (name, pem) => ({ [name]: pem })],
    [
      'in a file',
      (name, _pem, file) => ({ [name]: undefined, [`${name}_PATH`]: join(folder, file) }),
    ],
  ])('given %s', (how, set) => {
    const suffix = how === 'inline' ? '' : '_PATH';
    type Row = [what: string, pem: () => string, file: string, text: RegExp, fix: RegExp];

    it.each<Row>([
      ['a text', () => GARBAGE, 'garbage.pem', /^is not readable as PEM$/, /平台|platform cert/],
      [
        'a public key',
        () => merchant.publicKey.pem,
        'pub_key.pem',
        /^is a public key$/,
        /WECHATPAY_PUBLIC_KEY/,
      ],
      [
        'a private key',
        () => merchant.privateKey,
        'apiclient_key.pem',
        /^is a private key$/,
        /probably your own/,
      ],
    ])('refuses %s for a platform certificate', (_what, pem, file, text, fix) => {
      expect(failureOf(set('WECHATPAY_PLATFORM_CERTIFICATE', pem(), file)).problems).toEqual([
        problem(`WECHATPAY_PLATFORM_CERTIFICATE${suffix}`, text, fix),
      ]);
    });

    it('refuses an expired platform certificate', () => {
      const changes = set('WECHATPAY_PLATFORM_CERTIFICATE', expired.pem, 'expired.pem');

      expect(failureOf({ ...WITHOUT_PUBLIC_KEY, ...changes }).problems).toEqual([
        problem(
          `WECHATPAY_PLATFORM_CERTIFICATE${suffix}`,
          /^holds a certificate that expired on 2025-01-23T10:13:30\.000Z$/,
          /the present one/,
        ),
      ]);
    });

    it('blames an expired platform certificate, not the good public key beside it', () => {
      const changes = set('WECHATPAY_PLATFORM_CERTIFICATE', expired.pem, 'expired.pem');

      expect(failureOf(changes).problems).toEqual([
        problem(
          `WECHATPAY_PLATFORM_CERTIFICATE${suffix}`,
          /^holds a certificate that expired on/,
          /the present one/,
        ),
      ]);
    });

    it.each<Row>([
      ['a text', () => GARBAGE, 'garbage.pem', /^is not readable as PEM$/, /BEGIN PRIVATE KEY/],
      [
        'a public key',
        () => merchant.publicKey.pem,
        'pub_key.pem',
        /^is a public key$/,
        /apiclient_key/,
      ],
      [
        'a certificate',
        () => merchant.platformCertificate.pem,
        'platform.pem',
        /^is a certificate$/,
        /apiclient_key/,
      ],
    ])('refuses %s for a private key', (_what, pem, file, text, fix) => {
      expect(failureOf(set('WECHATPAY_PRIVATE_KEY', pem(), file)).problems).toEqual([
        problem(`WECHATPAY_PRIVATE_KEY${suffix}`, text, fix),
      ]);
    });

    it.each<Row>([
      ['a text', () => GARBAGE, 'garbage.pem', /^is not readable as PEM$/, /pub_key\.pem/],
      [
        'a private key',
        () => merchant.privateKey,
        'apiclient_key.pem',
        /^is a private key$/,
        /your own/,
      ],
      [
        'a certificate',
        () => merchant.platformCertificate.pem,
        'platform.pem',
        /^holds a certificate under the id of a public key$/,
        /Give pub_key\.pem/,
      ],
    ])('refuses %s for a public key', (_what, pem, file, text, fix) => {
      expect(failureOf(set('WECHATPAY_PUBLIC_KEY', pem(), file)).problems).toEqual([
        problem(`WECHATPAY_PUBLIC_KEY${suffix}`, text, fix),
      ]);
    });
  });

  it('refuses a damaged platform certificate', () => {
    const damaged = merchant.platformCertificate.pem.replace(/\n.{64}\n/, '\n');

    expect(failureOf({ WECHATPAY_PLATFORM_CERTIFICATE: damaged }).problems).toEqual([
      problem('WECHATPAY_PLATFORM_CERTIFICATE', /^is damaged: /, /platform certificate/),
    ]);
  });

  it('names a faulty public key and an expired certificate, each under its variable', () => {
    const error = failureOf({
      WECHATPAY_PUBLIC_KEY: GARBAGE,
      WECHATPAY_PLATFORM_CERTIFICATE: expired.pem,
    });

    expect(linesOf(error)).toEqual([
      'WECHATPAY_PLATFORM_CERTIFICATE holds a certificate that expired on 2025-01-23T10:13:30.000Z',
      'WECHATPAY_PUBLIC_KEY is not readable as PEM',
    ]);
  });

  // What the options' own check says, under the name by which the reader knows the value.
  it.each<[variable: string, value: string, text: RegExp, fix: RegExp]>([
    ['WECHATPAY_MCHID', '1900 000 109', /^is not a merchant id$/, /商户号/],
    ['WECHATPAY_SERIAL', 'zz', /^is not a hexadecimal serial number$/, /openssl x509/],
    ['WECHATPAY_SERIAL', 'PUB_KEY_ID_1', /^is the id of a WeChat Pay public key/, /openssl x509/],
    ['WECHATPAY_API_V3_KEY', 'short', /^has 5 bytes, 32 are needed$/, /APIv3密钥/],
    ['WECHATPAY_BASE_URLS', 'ftp://a.example', /^is not an absolute https URL$/, /scheme and host/],
    ['WECHATPAY_BASE_URLS', 'http://a.example', /^uses http/, /scheme and host/],
    [
      'WECHATPAY_BASE_URLS',
      'https://a.example,https://b.example/v3',
      /^has a path, query/,
      /scheme and host/,
    ],
    ['WECHATPAY_TIMEOUT', '0', /^is 0$/, /up to 600000/],
    ['WECHATPAY_TIMEOUT', '600001', /^is 600001$/, /up to 600000/],
    ['WECHATPAY_CLOCK_TOLERANCE', '3601', /^is 3601$/, /seconds above 0 and up to 3600/],
    ['WECHATPAY_REFRESH_INTERVAL', '43200001', /^is 43200001$/, /up to 43200000/],
  ])('refuses %s set to "%s"', (variable, value, text, fix) => {
    expect(failureOf({ [variable]: value }).problems).toEqual([problem(variable, text, fix)]);
  });

  it.each(['PUB_KEY_ID_', 'publicKey', `PUB_KEY_ID_${'1'.repeat(54)}`])(
    'refuses "%s" for the id of the public key',
    (id) => {
      const { problems } = failureOf({ WECHATPAY_PUBLIC_KEY_ID: id });

      expect(problems).toEqual([
        problem(
          expect.stringMatching(/^WECHATPAY_PUBLIC_KEY(_ID)?$/) as unknown as string,
          /^is named neither by PUB_KEY_ID_\.\.\. nor by a hexadecimal serial number$/,
          /公钥ID/,
        ),
      ]);
    },
  );

  it('says it all when several base URLs are faulty in different ways', () => {
    const error = failureOf({ WECHATPAY_BASE_URLS: 'ftp://a.example,https://b.example/v3' });

    expect(error.message).toContain('is not an absolute https URL');
    expect(error.message).toContain('has a path, query, fragment or credentials');
  });

  it('does not take a defect for a faulty variable', () => {
    const defect = jest.spyOn(URL, 'canParse').mockImplementation(() => {
      throw new RangeError('out of order');
    });
    try {
      expect(() => read({ WECHATPAY_BASE_URLS: 'https://a.example' })).toThrow(
        new RangeError('out of order'),
      );
    } finally {
      defect.mockRestore();
    }
  });

  it('merges what is missing with what the module would refuse', () => {
    const error = failureOf({
      WECHATPAY_MCHID: undefined,
      WECHATPAY_SERIAL: 'zz',
      WECHATPAY_API_V3_KEY: 'short',
      WECHATPAY_PRIVATE_KEY: GARBAGE,
    });

    expect(linesOf(error)).toEqual([
      'WECHATPAY_API_V3_KEY has 5 bytes, 32 are needed',
      'WECHATPAY_MCHID is not set',
      'WECHATPAY_PRIVATE_KEY is not readable as PEM',
      'WECHATPAY_SERIAL is not a hexadecimal serial number',
    ]);
    expect(error.message).toContain('4 problems');
    expect(error.message).not.toMatch(/- (mchid|serial|apiV3Key|privateKey)/);
  });

  it.each(['yes', '1', 'truee'])('refuses "%s" for WECHATPAY_DOWNLOAD_CERTIFICATES', (value) => {
    expect(failureOf({ WECHATPAY_DOWNLOAD_CERTIFICATES: value }).problems).toEqual([
      problem('WECHATPAY_DOWNLOAD_CERTIFICATES', /^is neither true nor false$/, /one of them/),
    ]);
  });

  it.each(
    ['WECHATPAY_TIMEOUT', 'WECHATPAY_CLOCK_TOLERANCE', 'WECHATPAY_REFRESH_INTERVAL'].flatMap(
      (name) => ['10s', '-1', '1.5', '1e3', '0x10', 'NaN'].map((value) => [name, value]),
    ),
  )('refuses %s set to "%s"', (name, value) => {
    expect(failureOf({ [name]: value }).problems).toEqual([
      problem(name, /^is not a whole number$/, /digits only/),
    ]);
  });

  it('lists faults of different kinds together', () => {
    const { problems } = failureOf({
      WECHATPAY_MCHID: undefined,
      WECHATPAY_PRIVATE_KEY_PATH: join(folder, 'apiclient_key.pem'),
      WECHATPAY_PUBLIC_KEY_ID: undefined,
      WECHATPAY_PLATFORM_CERTIFICATE: 'certificate',
      WECHATPAY_DOWNLOAD_CERTIFICATES: 'maybe',
      WECHATPAY_TIMEOUT: '10s',
    });

    expect(problems.map(({ option }) => option).sort()).toEqual([
      'WECHATPAY_DOWNLOAD_CERTIFICATES',
      'WECHATPAY_MCHID',
      'WECHATPAY_PLATFORM_CERTIFICATE',
      'WECHATPAY_PRIVATE_KEY',
      'WECHATPAY_PUBLIC_KEY_ID',
      'WECHATPAY_TIMEOUT',
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
      'values that only the check of the options refuses',
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
    [
      'a damaged private key',
      () => ({ WECHATPAY_PRIVATE_KEY: merchant.privateKey.replace(/\n.{64}\n/, '\n') }),
    ],
    [
      'a private key for the id of the public key',
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
