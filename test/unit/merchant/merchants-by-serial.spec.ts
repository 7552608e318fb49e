import { beforeAll, describe, expect, it } from '@jest/globals';
import {
  createTestCertificate,
  createTestMerchant,
  type TestMerchant,
  type TestPlatformKey,
} from 'nestjs-wechatpay-complaint/testing';
import { createHttpService } from '../../../lib/http/http-service.js';
import { MerchantContext } from '../../../lib/merchant/merchant-context.js';
import { MerchantsBySerial } from '../../../lib/merchant/merchants-by-serial.js';
import { resolvedOptionsOf } from '../../support/resolved-options.js';

const NOW = Date.parse('2025-01-01T00:00:00Z');

let one: TestMerchant;
let two: TestMerchant;
let expired: TestPlatformKey;

beforeAll(async () => {
  [one, two, expired] = await Promise.all([
    createTestMerchant(),
    createTestMerchant(),
    createTestCertificate({ notAfter: new Date('2025-01-23T10:13:30Z') }),
  ]);
});

interface Given {
  readonly keys: Record<string, string>;
  readonly apiV3Key?: string;
}

function contextOf(merchant: TestMerchant, { keys, apiV3Key }: Given): MerchantContext {
  const options = { ...merchant.options, platformKeys: keys, ...(apiV3Key && { apiV3Key }) };
  return new MerchantContext(resolvedOptionsOf(options, NOW), createHttpService());
}

function indexOf(...merchants: MerchantContext[]): MerchantsBySerial {
  const index = new MerchantsBySerial();
  for (const merchant of merchants) index.update(merchant);
  return index;
}

/** The merchants of each key of a serial number. */
function found(index: MerchantsBySerial, serial: string): string[][] {
  return index.find(serial).map((ofKey) => ofKey.filter(() => true).map(({ mchid }) => mchid));
}

describe('MerchantsBySerial', () => {
  it('finds the merchant of a key', () => {
    const index = indexOf(
      contextOf(one, { keys: { [one.publicKey.id]: one.publicKey.pem } }),
      contextOf(two, { keys: { [two.publicKey.id]: two.publicKey.pem } }),
    );

    expect(found(index, one.publicKey.id)).toEqual([[one.mchid]]);
    expect(found(index, two.publicKey.id)).toEqual([[two.mchid]]);
    expect(index.find(two.publicKey.id)[0]?.single?.mchid).toBe(two.mchid);
    expect(found(index, 'ABC')).toEqual([]);
  });

  it('finds all merchants of a shared key', () => {
    const { id, pem } = one.platformCertificate;
    const index = indexOf(
      contextOf(one, { keys: { [id]: pem } }),
      contextOf(two, { keys: { [id]: pem } }),
    );

    expect(found(index, id)).toEqual([[one.mchid, two.mchid]]);
    expect(index.find(id)[0]?.size).toBe(2);
    expect(index.find(id)[0]?.single).toBeUndefined();
  });

  it('keeps different keys under one id apart', () => {
    const { id } = one.publicKey;
    const index = indexOf(
      contextOf(one, { keys: { [id]: one.publicKey.pem } }),
      contextOf(two, { keys: { [id]: two.publicKey.pem } }),
    );

    expect(found(index, id)).toEqual([[one.mchid], [two.mchid]]);
  });

  it('leaves expired keys out', () => {
    const keys = { [expired.id]: expired.pem, [one.publicKey.id]: one.publicKey.pem };
    const index = indexOf(contextOf(one, { keys }));

    expect(found(index, expired.id)).toEqual([]);
  });

  it('forgets nothing and doubles nothing when a merchant is taken in again', () => {
    const { id, pem } = one.platformCertificate;
    const own = contextOf(one, { keys: { [id]: pem } });
    const index = indexOf(own, contextOf(two, { keys: { [id]: pem } }));
    index.update(own);

    expect(found(index, id)).toEqual([[two.mchid, one.mchid]]);
  });

  it('tries the merchant first that passed last', () => {
    const { id, pem } = one.platformCertificate;
    const [ofKey] = indexOf(
      contextOf(one, { keys: { [id]: pem } }),
      contextOf(two, { keys: { [id]: pem } }),
    ).find(id);
    const tried: string[] = [];
    const isTwo = ({ mchid }: MerchantContext): boolean => {
      tried.push(mchid);
      return mchid === two.mchid;
    };

    expect(ofKey?.find(isTwo)?.mchid).toBe(two.mchid);
    expect(ofKey?.find(isTwo)?.mchid).toBe(two.mchid);
    expect(tried).toEqual([one.mchid, two.mchid, two.mchid]);
    expect(ofKey?.find(() => false)).toBeUndefined();
  });

  it('names merchants that neither key tells apart', () => {
    const { id, pem } = one.platformCertificate;
    const keys = { [id]: pem };
    const same = { keys, apiV3Key: one.apiV3Key };
    const groups = indexOf(contextOf(one, { keys }), contextOf(two, same)).alike();

    expect(groups.map((group) => group.map(({ mchid }) => mchid))).toEqual([
      [one.mchid, two.mchid],
    ]);
    expect(indexOf(contextOf(one, { keys }), contextOf(two, { keys })).alike()).toEqual([]);
  });
});
