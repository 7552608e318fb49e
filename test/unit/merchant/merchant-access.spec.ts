import { afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { WechatPayComplaintModuleOptions } from 'nestjs-wechatpay-complaint';
import { createTestMerchant, type TestMerchant } from 'nestjs-wechatpay-complaint/testing';
import { firstValueFrom, NEVER, of, type Subscription, throwError } from 'rxjs';
import { createHttpService } from '../../../lib/http/http-service.js';
import { AppContext } from '../../../lib/merchant/app-context.js';
import { MerchantAccess } from '../../../lib/merchant/merchant-access.js';
import type { MerchantContext } from '../../../lib/merchant/merchant-context.js';
import { MerchantRegistry } from '../../../lib/merchant/merchant-registry.js';
import { errorOf } from '../../support/client-bench.js';
import { deferred } from '../../support/deferred.js';

let one: TestMerchant;
let two: TestMerchant;
const opened: MerchantRegistry[] = [];

beforeAll(async () => {
  Logger.overrideLogger(false);
  [one, two] = await Promise.all([createTestMerchant(), createTestMerchant()]);
});
afterEach(() => {
  for (const registry of opened.splice(0)) registry.close();
});

async function open(options: WechatPayComplaintModuleOptions) {
  const app = await AppContext.create(options);
  const registry = new MerchantRegistry(app, createHttpService());
  opened.push(registry);
  return { registry, access: new MerchantAccess(app, registry) };
}

const several = () => open({ merchants: [one.merchantOptions, two.merchantOptions] });

function mchidOf(access: MerchantAccess): Promise<string> {
  return firstValueFrom(access.use(({ mchid }) => of(mchid)));
}

/** What `use` gives to its argument, and how often it was released. */
function watch(context: MerchantContext): { released: () => number } {
  const release = jest.spyOn(context, 'release');
  return { released: () => release.mock.calls.length };
}

describe('MerchantAccess', () => {
  it('is that of the only merchant, named or not', async () => {
    const { access } = await open(one.options);

    await expect(mchidOf(access)).resolves.toBe(one.mchid);
    await expect(mchidOf(access.of(one.mchid))).resolves.toBe(one.mchid);
    expect(access.mchid).toBe(one.mchid);
    expect(await errorOf(access.of(two.mchid).use(() => of(1)))).toMatchObject({
      code: 'UNKNOWN_MERCHANT',
      mchid: two.mchid,
    });
  });

  it('is that of the named one of several', async () => {
    const { access } = await several();

    await expect(mchidOf(access.of(one.mchid))).resolves.toBe(one.mchid);
    await expect(mchidOf(access.of(one.mchid).of(two.mchid))).resolves.toBe(two.mchid);
    expect(access.mchid).toBeUndefined();
  });

  it('says what to write when none of several is named', async () => {
    const { access } = await several();

    expect(await errorOf(access.use(() => of(1)))).toMatchObject({
      code: 'MERCHANT_NOT_NAMED',
      message: expect.stringContaining('complaints.forMerchant(mchid).get(id)'),
    });
  });

  it('emits all merchants that are known', async () => {
    const { access } = await several();
    const seen: string[] = [];
    access.all().subscribe(({ mchid }) => seen.push(mchid));

    expect(seen).toEqual([one.mchid, two.mchid]);
    const lookedUp = await open({ merchants: { find: () => Promise.resolve(undefined) } });
    expect(await errorOf(lookedUp.access.all())).toMatchObject({ code: 'MERCHANT_NOT_NAMED' });
  });

  it.each<[end: string, run: (access: MerchantAccess) => Promise<unknown>]>([
    ['completes', (access) => firstValueFrom(access.use(() => of(1)))],
    ['fails', (access) => errorOf(access.use(() => throwError(() => new Error('no'))))],
    [
      'throws',
      (access) =>
        errorOf(
          access.use(() => {
            throw new Error('no');
          }),
        ),
    ],
    [
      'is unsubscribed from',
      (access) => {
        access
          .use(() => NEVER)
          .subscribe()
          .unsubscribe();
        return Promise.resolve();
      },
    ],
  ])('releases the merchant when the call %s', async (_end, run) => {
    const { registry, access } = await several();
    const [context] = registry.list();
    if (!context) throw new Error('There is no merchant.');
    const { released } = watch(context);
    await run(access.of(one.mchid));

    expect(released()).toBe(1);
  });

  describe('with merchants that are looked up', () => {
    it('looks one up with each subscription, and not before', async () => {
      const lookups: string[] = [];
      const { access } = await open({
        maxMerchants: 1,
        merchants: {
          find: (mchid) => {
            lookups.push(mchid);
            return Promise.resolve({ ...one.merchantOptions, mchid });
          },
        },
      });
      const named = access.of('1900000007').use(({ mchid }) => of(mchid));
      expect(lookups).toEqual([]);

      await firstValueFrom(named);
      await mchidOf(access.of('1900000008'));
      await firstValueFrom(named);
      expect(lookups).toEqual(['1900000007', '1900000008', '1900000007']);
    });

    it('releases a merchant that is found when nobody waits for it any more', async () => {
      const gate = deferred<TestMerchant['merchantOptions']>();
      const { registry, access } = await open({ merchants: { find: () => gate.promise } });
      const act = jest.fn(() => of(1));
      const subscription: Subscription = access.of(one.mchid).use(act).subscribe();
      const context = Promise.resolve(registry.acquire(one.mchid, 1000));
      subscription.unsubscribe();
      const retired = context.then((found) => {
        registry.invalidate(one.mchid);
        found.release();
        return jest.spyOn(found.keys, 'stop');
      });
      gate.resolve(one.merchantOptions);
      const stop = await retired;
      const found = await context;
      await Promise.resolve();

      expect(act).not.toHaveBeenCalled();
      // With nobody left, a further use and its end close it again.
      expect(found.retain()).toBe(false);
      expect(stop.mock.calls.length).toBeLessThanOrEqual(1);
    });

    it('ends a call that is aborted while its merchant is looked up', async () => {
      const { access } = await open({
        merchants: { find: () => new Promise(() => undefined) },
        timeout: 200,
      });
      const aborter = new AbortController();
      const call = access
        .of(one.mchid)
        .execute({ method: 'GET', target: '/v3' }, { signal: aborter.signal });
      const failure = errorOf(call);
      aborter.abort();

      expect(await failure).toMatchObject({ code: 'ABORTED' });
    });
  });
});
