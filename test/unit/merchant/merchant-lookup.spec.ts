import { afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createTestMerchant, type TestMerchant } from 'nestjs-wechatpay-complaint/testing';
import type { ResolvedMerchantOptions } from '../../../lib/config/resolve-merchant-options.js';
import { WechatPayMerchantError } from '../../../lib/errors/wechatpay-merchant.error.js';
import { createHttpService } from '../../../lib/http/http-service.js';
import { MerchantContext } from '../../../lib/merchant/merchant-context.js';
import {
  MerchantLookup,
  type MerchantLookupSettings,
} from '../../../lib/merchant/merchant-lookup.js';
import { type Deferred, deferred } from '../../support/deferred.js';
import { resolvedOptionsOf } from '../../support/resolved-options.js';

const PATIENCE = 5000;

let merchant: TestMerchant;
let asked: string[];
let retired: MerchantContext[];
let lookup: MerchantLookup;

beforeAll(async () => {
  merchant = await createTestMerchant();
});
beforeEach(() => {
  asked = [];
  retired = [];
});
afterEach(() => {
  lookup.close();
});

const optionsOf = (mchid: string): ResolvedMerchantOptions => ({
  ...resolvedOptionsOf(merchant.options),
  mchid,
});

/** Knows every merchant whose id begins with 19. */
const findAny = (mchid: string): Promise<ResolvedMerchantOptions | undefined> =>
  Promise.resolve(mchid.startsWith('19') ? optionsOf(mchid) : undefined);

function open(
  find: MerchantLookupSettings['find'] = findAny,
  settings: Partial<MerchantLookupSettings> = {},
): void {
  const http = createHttpService();
  lookup = new MerchantLookup({
    find: (mchid) => {
      asked.push(mchid);
      return find(mchid);
    },
    maxMerchants: 10,
    unknownMerchantCooldown: 60_000,
    lookupLimit: PATIENCE,
    createContext: (options) => {
      const context = new MerchantContext(
        { ...resolvedOptionsOf(merchant.options), ...options },
        http,
      );
      const retire = context.retire.bind(context);
      jest.spyOn(context, 'retire').mockImplementation(() => {
        retired.push(context);
        retire();
      });
      return context;
    },
    ...settings,
  });
}

/** Look-ups that end when the test says so, in the order in which they began. */
function openWithGates(): Deferred<ResolvedMerchantOptions | undefined>[] {
  const gates: Deferred<ResolvedMerchantOptions | undefined>[] = [];
  open(() => {
    const gate = deferred<ResolvedMerchantOptions | undefined>();
    gates.push(gate);
    return gate.promise;
  });
  return gates;
}

async function codeOf(acquired: Promise<MerchantContext>): Promise<string> {
  try {
    await acquired;
  } catch (error) {
    if (error instanceof WechatPayMerchantError) return error.code;
    throw error;
  }
  return 'found';
}

describe('MerchantLookup', () => {
  it('looks a merchant up once, and retains it for each caller', async () => {
    open();
    const first = await lookup.acquire('1900000001', PATIENCE);
    const second = await lookup.acquire('1900000001', PATIENCE);

    expect(second).toBe(first);
    expect(first.mchid).toBe('1900000001');
    expect(asked).toEqual(['1900000001']);
  });

  it('looks a merchant up once at a time', async () => {
    const [gates, callers] = [openWithGates(), [1, 2, 3]];
    const contexts = Promise.all(callers.map(() => lookup.acquire('1900000001', PATIENCE)));
    await Promise.resolve();
    gates[0]?.resolve(optionsOf('1900000001'));

    expect(new Set(await contexts).size).toBe(1);
    expect(asked).toEqual(['1900000001']);
  });

  it.each(['', 'a b', '../1900000001', '1900000001\n', 'x'.repeat(65), '商户'])(
    'does not look up %j, which is no mchid',
    async (mchid) => {
      open();

      await expect(codeOf(lookup.acquire(mchid, PATIENCE))).resolves.toBe('UNKNOWN_MERCHANT');
      expect(asked).toEqual([]);
    },
  );

  it('does not repeat what a stranger wrote when it is no mchid', async () => {
    open();

    await expect(lookup.acquire('<script>', PATIENCE)).rejects.not.toThrow('script');
  });

  it('remembers that there is no such merchant, for the cooldown', async () => {
    open(findAny, { unknownMerchantCooldown: 60_000 });
    for (let call = 0; call < 3; call += 1) {
      await expect(codeOf(lookup.acquire('2000000001', PATIENCE))).resolves.toBe(
        'UNKNOWN_MERCHANT',
      );
    }
    expect(asked).toEqual(['2000000001']);
  });

  it('looks an unknown merchant up again after the cooldown', async () => {
    open(findAny, { unknownMerchantCooldown: 1 });
    await codeOf(lookup.acquire('2000000001', PATIENCE));
    await new Promise((resolve) => setTimeout(resolve, 20));
    await codeOf(lookup.acquire('2000000001', PATIENCE));

    expect(asked).toHaveLength(2);
  });

  it('remembers a bounded number of unknown merchants', async () => {
    open();
    for (let index = 0; index < 10_001; index += 1) {
      await codeOf(lookup.acquire(`x${index}`, PATIENCE));
    }
    await codeOf(lookup.acquire('x10000', PATIENCE));
    expect(asked).toHaveLength(10_001);
    await codeOf(lookup.acquire('x0', PATIENCE));
    expect(asked).toHaveLength(10_002);
  });

  it('keeps so many merchants, and looks others up again', async () => {
    open(findAny, { maxMerchants: 2 });
    const mchids = ['1900000001', '1900000002', '1900000001', '1900000003', '1900000001'];
    for (const mchid of mchids) (await lookup.acquire(mchid, PATIENCE)).release();
    expect(asked).toEqual(['1900000001', '1900000002', '1900000003']);
    expect(retired.map(({ mchid }) => mchid)).toEqual(['1900000002']);

    (await lookup.acquire('1900000002', PATIENCE)).release();
    expect(asked.at(-1)).toBe('1900000002');
  });

  describe('when find() fails', () => {
    it('says why, and asks again the next time', async () => {
      const failure = new Error('the database is away');
      let isAway = true;
      open((mchid) => (isAway ? Promise.reject(failure) : findAny(mchid)));

      await expect(lookup.acquire('1900000001', PATIENCE)).rejects.toMatchObject({
        code: 'MERCHANT_UNAVAILABLE',
        mchid: '1900000001',
        message: 'Merchant 1900000001 cannot be looked up: the database is away',
        cause: failure,
      });
      isAway = false;
      await expect(codeOf(lookup.acquire('1900000001', PATIENCE))).resolves.toBe('found');
    });

    it('treats what it throws like a rejection', async () => {
      open(() => {
        throw new Error('not connected');
      });

      await expect(lookup.acquire('1900000001', PATIENCE)).rejects.toThrow('not connected');
    });

    it('does not wait longer than the caller can, and uses what comes later', async () => {
      const gates = openWithGates();
      await expect(codeOf(lookup.acquire('1900000001', 1))).resolves.toBe('MERCHANT_UNAVAILABLE');
      const waiting = lookup.acquire('1900000001', PATIENCE);
      gates[0]?.resolve(optionsOf('1900000001'));

      await expect(codeOf(waiting)).resolves.toBe('found');
      expect(asked).toHaveLength(1);
    });

    it('asks again once it has not responded within the limit', async () => {
      open(() => new Promise(() => undefined), { lookupLimit: 1 });

      await expect(lookup.acquire('1900000001', PATIENCE)).rejects.toThrow(
        'find() has not responded within 1 ms.',
      );
      await expect(codeOf(lookup.acquire('1900000001', PATIENCE))).resolves.toBe(
        'MERCHANT_UNAVAILABLE',
      );
      expect(asked).toHaveLength(2);
    });

    it('looks up a bounded number at once', async () => {
      open(() => new Promise(() => undefined), { lookupLimit: 100 });
      const waiting = Array.from({ length: 1000 }, (_, index) =>
        codeOf(lookup.acquire(`x${index}`, 50)),
      );
      await expect(lookup.acquire('1900000001', PATIENCE)).rejects.toThrow(
        '1000 merchants are being looked up already',
      );
      expect(asked).toHaveLength(1000);
      await Promise.all(waiting);
    });
  });

  describe('invalidate', () => {
    it('has the merchant looked up again, while those who use it finish', async () => {
      open();
      const before = await lookup.acquire('1900000001', PATIENCE);
      const stop = jest.spyOn(before.keys, 'stop');
      lookup.invalidate('1900000001');
      const after = await lookup.acquire('1900000001', PATIENCE);

      expect(after).not.toBe(before);
      expect(stop).not.toHaveBeenCalled();
      before.release();
      expect(stop).toHaveBeenCalledTimes(1);
    });

    it('forgets that there was no such merchant', async () => {
      let exists = false;
      open((mchid) => Promise.resolve(exists ? optionsOf(mchid) : undefined));
      await codeOf(lookup.acquire('1900000001', PATIENCE));
      exists = true;
      lookup.invalidate('1900000001');

      await expect(codeOf(lookup.acquire('1900000001', PATIENCE))).resolves.toBe('found');
    });

    it.each<[outcome: string, old: () => ResolvedMerchantOptions | undefined]>([
      ['found', () => optionsOf('1900000001')],
      ['unknown', () => undefined],
    ])('makes those who wait look again: %s before', async (_outcome, old) => {
      const gates = openWithGates();
      const waiting = lookup.acquire('1900000001', PATIENCE);
      await Promise.resolve();
      lookup.invalidate('1900000001');
      gates[0]?.resolve(old());
      await new Promise((resolve) => setImmediate(resolve));
      const current = optionsOf('1900000001');
      gates[1]?.resolve(current);

      expect((await waiting).options.apiV3Key).toBe(current.apiV3Key);
      expect(gates).toHaveLength(2);
    });

    it('does nothing to a merchant that is not known', () => {
      open();
      lookup.invalidate('1900000001');

      expect(asked).toEqual([]);
    });
  });

  describe('close', () => {
    it('closes every merchant, and looks nobody up any more', async () => {
      open();
      const { keys } = await lookup.acquire('1900000001', PATIENCE);
      const stop = jest.spyOn(keys, 'stop');
      lookup.close();

      expect(stop).toHaveBeenCalled();
      await expect(lookup.acquire('1900000001', PATIENCE)).rejects.toThrow('shutting down');
    });

    it('keeps nothing of a look-up that ends after it', async () => {
      const gates = openWithGates();
      const waiting = codeOf(lookup.acquire('1900000001', PATIENCE));
      await Promise.resolve();
      lookup.close();
      gates[0]?.resolve(optionsOf('1900000001'));

      await expect(waiting).resolves.toBe('MERCHANT_UNAVAILABLE');
    });
  });
});
