import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { ComplaintService, WechatPayMerchants } from 'nestjs-wechatpay-complaint';
import { createTestMerchant, type TestMerchant } from 'nestjs-wechatpay-complaint/testing';
import { errorOf } from '../../support/client-bench.js';
import { closeModules, startModule } from '../../support/start-module.js';

let merchant: TestMerchant;

beforeAll(async () => {
  merchant = await createTestMerchant();
});
afterEach(closeModules);

describe('WechatPayMerchants', () => {
  it('names the merchants that are known at startup', async () => {
    const single = await startModule(merchant.options);
    expect(single.module.get(WechatPayMerchants).mchids()).toEqual([merchant.mchid]);

    const second = { ...merchant.merchantOptions, mchid: '1900000200', apiV3Key: 'k'.repeat(32) };
    const several = await startModule({ merchants: [merchant.merchantOptions, second] });
    expect(several.module.get(WechatPayMerchants).mchids()).toEqual([merchant.mchid, '1900000200']);
  });

  it('names none of those that are looked up, and has them looked up anew', async () => {
    const lookups: string[] = [];
    const { module } = await startModule({
      merchants: {
        find: (mchid) => {
          lookups.push(mchid);
          return Promise.resolve(undefined);
        },
      },
    });
    const merchants = module.get(WechatPayMerchants);
    const get = () => errorOf(module.get(ComplaintService).forMerchant('1').get('2002'));
    expect(merchants.mchids()).toEqual([]);

    await get();
    await get();
    expect(lookups).toEqual(['1']);
    merchants.invalidate('1');
    await get();
    expect(lookups).toEqual(['1', '1']);
  });

  it('leaves merchants alone that are known at startup', async () => {
    const { module } = await startModule(merchant.options);
    const merchants = module.get(WechatPayMerchants);
    merchants.invalidate(merchant.mchid);

    expect(merchants.mchids()).toEqual([merchant.mchid]);
  });
});
