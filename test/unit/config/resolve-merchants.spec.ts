import { beforeAll, describe, expect, it } from '@jest/globals';
import { resolveOptions } from '../../../lib/config/resolve-options.js';
import { WechatPayConfigurationError } from '../../../lib/errors/wechatpay-configuration.error.js';
import { createTestMerchant, type TestMerchant } from '../../../lib/testing/index.js';
import { problem } from '../../support/option-problems.js';

type Overrides = Readonly<Record<string, unknown>>;

let one: TestMerchant;
let two: TestMerchant;

beforeAll(async () => {
  [one, two] = await Promise.all([createTestMerchant(), createTestMerchant()]);
});

function own({ merchantOptions }: TestMerchant): Overrides {
  return { ...merchantOptions };
}

/** What an app may write in JavaScript. */
function resolve(options: Overrides) {
  return resolveOptions({ merchants: [own(one), own(two)], ...options });
}

function problemsOf(options: Overrides) {
  try {
    resolve(options);
  } catch (error) {
    if (error instanceof WechatPayConfigurationError) return error.problems;
    throw error;
  }
  throw new Error('The options were accepted.');
}

function listOf(options: Overrides) {
  const { merchants } = resolve(options);
  if (!Array.isArray(merchants)) throw new Error('They are looked up.');
  return merchants as readonly { mchid: string; callbackUrl?: string; baseUrls: string[] }[];
}

function sourceOf(options: Overrides) {
  const { merchants } = resolve(options);
  if (!merchants || !('maxMerchants' in merchants)) throw new Error('They are not looked up.');
  return merchants;
}

describe('The option merchants', () => {
  it('is a list of merchants beside the options of the app', () => {
    const { merchant, shared } = resolve({ timeout: 5000 });

    expect(listOf({}).map(({ mchid }) => mchid)).toEqual([one.mchid, two.mchid]);
    expect(shared.timeout).toBe(5000);
    expect(merchant).toBeUndefined();
  });

  it.each<[name: string, merchants: unknown, text: RegExp]>([
    ['an empty list', [], /^is an empty list$/],
    ['a text', 'all of them', /^is of type string$/],
    ['null', null, /^is of type null$/],
    ['an object without find', { findOne: () => undefined }, /^is of type object$/],
  ])('is not %s', (_name, merchants, text) => {
    expect(problemsOf({ merchants })).toEqual([problem('merchants', text, /find: \(mchid\)/)]);
  });

  it('does not stand beside the options of one merchant', () => {
    expect(problemsOf({ mchid: one.mchid, apiV3Key: one.apiV3Key })).toEqual([
      problem('mchid, apiV3Key', 'cannot be given beside merchants', /each one in merchants/),
    ]);
  });

  it('has each merchant once', () => {
    expect(problemsOf({ merchants: [own(one), own(two), own(one)] })).toEqual([
      problem(
        'mchid of merchants[2]',
        `is ${one.mchid}, which is that of merchants[0] as well`,
        /^Keep one of them/,
      ),
    ]);
  });

  it('lists the faults of all merchants together, each with its merchant', () => {
    const merchants = [
      { ...own(one), serial: '', apiV3Key: 'short' },
      'none',
      { ...own(two), mchid: '' },
      { ...own(two), callbackURL: 'https://shop.example.com/complaints' },
    ];
    const options = problemsOf({ merchants, timeout: 0 }).map(({ option }) => option);

    expect(options).toEqual([
      `serial of merchant ${one.mchid}`,
      `apiV3Key of merchant ${one.mchid}`,
      'merchants[1]',
      'mchid of merchants[2]',
      `callbackURL of merchant ${two.mchid}`,
      'timeout',
    ]);
  });

  it('says where an option of the app belongs', () => {
    expect(problemsOf({ merchants: [{ ...own(one), store: false }] })).toEqual([
      problem(`store of merchant ${one.mchid}`, 'is an option of the app', /beside merchants/),
    ]);
  });

  describe('with options for all merchants', () => {
    const baseUrls = ['http://127.0.0.1:1'];

    it('uses them where a merchant has none of its own', () => {
      const { baseUrls: _none, ...without } = own(one);
      const resolved = listOf({ baseUrls, merchants: [without, own(two)] });

      expect(resolved.map((merchant) => merchant.baseUrls)).toEqual([
        baseUrls,
        two.merchantOptions.baseUrls,
      ]);
    });

    it.each<[how: string, callbackUrl: unknown]>([
      ['with {mchid} in it', 'https://shop.example.com/{mchid}/complaints'],
      ['by a function', (mchid: string) => `https://shop.example.com/${mchid}/complaints`],
    ])('makes the callback URL of each one %s', (_how, callbackUrl) => {
      const named = { ...own(two), callbackUrl: 'https://other.example.com/{mchid}' };
      const resolved = listOf({ callbackUrl, merchants: [own(one), named] });

      expect(resolved.map((merchant) => merchant.callbackUrl)).toEqual([
        `https://shop.example.com/${one.mchid}/complaints`,
        `https://other.example.com/${two.mchid}`,
      ]);
    });

    it('reports a fault of theirs once', () => {
      const faults = {
        baseUrls: ['ftp://a.example'],
        callbackUrl: 'http://shop.example.com/{mchid}',
        platformCertificates: { download: 'no' },
        allowPrivateCallbackUrls: 'no',
      };

      expect(problemsOf(faults).map(({ option }) => option)).toEqual([
        'baseUrls[0]',
        'platformCertificates.download',
        'allowPrivateCallbackUrls',
        'callbackUrl',
      ]);
    });

    it.each<[how: string, callbackUrl: () => unknown, text: RegExp]>([
      [
        'throws',
        () => {
          throw new Error('no such shop');
        },
        /^cannot be made: no such shop$/,
      ],
      ['returns no URL', () => 'shop', /must be an absolute https/],
      ['returns something else', () => 7, /must be a non-empty string/],
    ])('names the merchant for which callbackUrl %s', (_how, callbackUrl, text) => {
      expect(problemsOf({ callbackUrl, merchants: [own(one)] })).toEqual([
        problem(`callbackUrl of merchant ${one.mchid}`, text, /./),
      ]);
    });
  });
});

describe('The option merchants with find', () => {
  it('has limits with defaults', () => {
    expect(sourceOf({ merchants: { find: () => undefined } })).toMatchObject({
      maxMerchants: 1000,
      unknownMerchantCooldown: 60_000,
    });
  });

  it('has limits that are checked', () => {
    const faults = problemsOf({ maxMerchants: 0, unknownMerchantCooldown: '1s' });

    expect(faults).toEqual([
      problem('maxMerchants', 'is 0', /number of merchants above 0/),
      problem('unknownMerchantCooldown', 'is of type string', /number of milliseconds/),
    ]);
  });

  it('checks and completes what is found', async () => {
    const { find } = sourceOf({
      merchants: { find: (mchid: string) => Promise.resolve({ ...own(one), mchid }) },
      callbackUrl: 'https://shop.example.com/{mchid}',
    });

    await expect(find('1900000007')).resolves.toMatchObject({
      mchid: '1900000007',
      callbackUrl: 'https://shop.example.com/1900000007',
    });
  });

  it.each([undefined, null])('finds nobody when it returns %s', async (nobody) => {
    const { find } = sourceOf({ merchants: { find: () => Promise.resolve(nobody) } });

    await expect(find('1900000007')).resolves.toBeUndefined();
  });

  it('calls find as a method, whether it is asynchronous or not', async () => {
    class Repository {
      readonly merchant = { ...own(one), mchid: '1900000007' };
      find(): object {
        return this.merchant;
      }
    }
    const { find } = sourceOf({ merchants: new Repository() });

    await expect(find('1900000007')).resolves.toMatchObject({ mchid: '1900000007' });
  });

  it.each<[what: string, found: () => unknown, text: RegExp]>([
    ['something else', () => 'a row', /What find\(\) returned of merchant 1900000007 is of type/],
    ['another merchant', () => own(one), /mchid of merchant 1900000007 is another one/],
    [
      'faulty options',
      () => ({ ...own(one), mchid: '1900000007', serial: 'none' }),
      /serial of merchant 1900000007 is not a hexadecimal/,
    ],
    [
      'options of the app',
      () => ({ ...own(one), mchid: '1900000007', store: false }),
      /store of merchant 1900000007 is an option of the app/,
    ],
  ])('rejects when it returns %s, without a secret', async (_what, found, text) => {
    const { find } = sourceOf({ merchants: { find: () => Promise.resolve(found()) } });
    const failure: unknown = await find('1900000007').catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(WechatPayConfigurationError);
    expect(String(failure)).toMatch(text);
    expect(String(failure)).toMatch(/Merchant 1900000007 cannot be used because of one problem/);
    expect(String(failure)).not.toContain(one.apiV3Key);
  });
});
