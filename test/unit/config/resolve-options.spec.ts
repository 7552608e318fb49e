import { beforeAll, describe, expect, it } from '@jest/globals';
import { createPrivateKey } from 'node:crypto';
import { inspect } from 'node:util';
import { resolveOptions } from '../../../lib/config/resolve-options.js';
import { WechatPayConfigurationError } from '../../../lib/errors/wechatpay-configuration.error.js';
import { createTestMerchant, type TestMerchant } from '../../../lib/testing/index.js';
import { problem } from '../../support/option-problems.js';

type Overrides = Readonly<Record<string, unknown>>;

let merchant: TestMerchant;

beforeAll(async () => {
  merchant = await createTestMerchant();
});

function resolve(overrides: Overrides = {}) {
  return resolveOptions({ ...merchant.options, ...overrides });
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

function problemsOf(overrides: Overrides) {
  return failureOf(() => resolve(overrides)).problems;
}

describe('resolveOptions', () => {
  it('returns the options of the merchant and those of the app', () => {
    expect(resolve({ timeout: 5000 })).toMatchObject({
      merchant: { mchid: merchant.mchid },
      shared: { timeout: 5000, lease: 60_000 },
    });
  });

  it('does not change the given options, and does not follow their later changes', () => {
    const platformKeys = { [merchant.publicKey.id]: merchant.publicKey.pem };
    const options = { ...merchant.options, serial: merchant.serial.toLowerCase(), platformKeys };
    const resolved = resolveOptions(Object.freeze(options));
    platformKeys[merchant.platformCertificate.id] = merchant.platformCertificate.pem;

    expect(options.serial).toBe(merchant.serial.toLowerCase());
    expect(resolved.merchant?.platformKeys.size).toBe(1);
  });

  it.each([undefined, null])('says how to import the module if the options are %s', (none) => {
    const error = failureOf(() => resolveOptions(none));

    expect(error.problems).toEqual([problem('options', 'are missing', /forRoot\(options\)/)]);
  });

  it.each([
    ['text', 'string'],
    [[], 'array'],
    [() => ({}), 'function'],
  ])('says so if the options are %p', (options, type) => {
    const error = failureOf(() => resolveOptions(options));

    expect(error.problems).toEqual([
      problem('options', `are of type ${type}`, /factory must return an object/),
    ]);
  });

  it('rejects an unknown option with a suggestion', () => {
    expect(problemsOf({ callbackURL: 'https://shop.example.com/complaints' })).toEqual([
      problem('callbackURL', 'is not an option', /^Did you mean callbackUrl\?$/),
    ]);
  });

  it('rejects unknown options of every group together', () => {
    const problems = problemsOf({
      mchId: '1',
      apiv3Key: '2',
      retry: { attempt: 1 },
      platformCertificates: { download: false, refreshIntervall: 1 },
    });

    expect(problems.map(({ option, fix }) => [option, fix]).sort()).toEqual([
      ['apiv3Key', 'Did you mean apiV3Key?'],
      ['mchId', 'Did you mean mchid?'],
      [
        'platformCertificates.refreshIntervall',
        'Did you mean platformCertificates.refreshInterval?',
      ],
      ['retry.attempt', 'Did you mean retry.attempts?'],
    ]);
  });

  it('lists every option if none is close to an unknown one', () => {
    const [found] = problemsOf({ somethingElse: true });

    expect(found).toMatchObject({ option: 'somethingElse', problem: 'is not an option' });
    for (const name of Object.keys(merchant.options)) expect(found?.fix).toContain(name);
  });

  it('lists all faults together, each with its option and a fix', () => {
    const error = failureOf(() => resolve(EVERYTHING_WRONG));

    expect(error.problems.map(({ option }) => option)).toEqual([
      'callbackurl',
      'mchid',
      'serial',
      'privateKey',
      'apiV3Key',
      'platformCertificates.download',
      'platformCertificates.refreshInterval',
      'platformCertificates.unknownSerialCooldown',
      "platformKeys['one']",
      "platformKeys['two']",
      'baseUrls[0]',
      'baseUrls[1]',
      'allowPrivateCallbackUrls',
      'timeout',
      'store',
      'clockTolerance',
      'request',
    ]);
    expect(error.problems.filter(({ fix }) => fix.trim() === '')).toEqual([]);
  });

  it('does not take a failure of the app for a faulty key', () => {
    const options = Object.defineProperty({ ...merchant.options }, 'privateKey', {
      get: () => {
        throw new RangeError('the vault is sealed');
      },
    });

    expect(() => resolveOptions(options)).toThrow(new RangeError('the vault is sealed'));
  });

  it.each<[string, () => Overrides]>([
    [
      'a damaged privateKey',
      () => ({ privateKey: merchant.privateKey.replace(/\n.{64}\n/, '\n') }),
    ],
    ['a privateKey that is cut off', () => ({ privateKey: merchant.privateKey.slice(0, 1000) })],
    ['an apiV3Key with white space', () => ({ apiV3Key: ` ${merchant.apiV3Key}\n` })],
    ['an apiV3Key in quotes', () => ({ apiV3Key: `"${merchant.apiV3Key}"` })],
    [
      'a private key as the name of a platform key',
      () => ({ platformKeys: { [merchant.privateKey]: 'A1' } }),
    ],
    ['a private key as a platform key', () => ({ platformKeys: { A1: merchant.privateKey } })],
    ['the apiV3Key in place of the privateKey', () => ({ privateKey: merchant.apiV3Key })],
    ['the privateKey in place of the apiV3Key', () => ({ apiV3Key: merchant.privateKey })],
    ['the privateKey in place of the serial', () => ({ serial: merchant.privateKey })],
    ['the apiV3Key in place of the mchid', () => ({ mchid: `${merchant.apiV3Key} ` })],
    ['the privateKey as the name of an option', () => ({ [merchant.privateKey]: 'privateKey' })],
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
        privateKey: merchant.privateKey.slice(0, 1000),
        apiV3Key: `${merchant.apiV3Key}  `,
        platformKeys: { A1: merchant.privateKey, A2: createPrivateKey(merchant.privateKey) },
        timeout: merchant.apiV3Key,
      }),
    ],
  ])('shows no secret for %s', (_what, overrides) => {
    const error = failureOf(() => resolve(overrides()));

    const shown = [
      error.message,
      error.stack,
      inspect(error, { depth: 10, showHidden: true, maxStringLength: Infinity }),
      JSON.stringify(error),
    ].join('\n');
    const secrets = merchant.privateKey
      .split('\n')
      .filter((line) => /^[\w+/]{16,}=*$/.test(line))
      .concat(merchant.apiV3Key);
    expect(secrets.length).toBeGreaterThan(20);
    expect(secrets.filter((secret) => shown.includes(secret))).toEqual([]);
  });
});

const EVERYTHING_WRONG: Overrides = {
  callbackurl: 'https://shop.example.com',
  mchid: '',
  serial: '',
  privateKey: '',
  apiV3Key: '',
  platformKeys: { one: '', two: '' },
  platformCertificates: { download: 'no', refreshInterval: 0, unknownSerialCooldown: 0 },
  allowPrivateCallbackUrls: 'no',
  request: 'no',
  store: 'redis://127.0.0.1',
  baseUrls: ['ftp://a.example', 'http://b.example'],
  timeout: 0,
  clockTolerance: 0,
};
