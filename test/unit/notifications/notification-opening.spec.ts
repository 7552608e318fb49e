import { beforeAll, describe, expect, it } from '@jest/globals';
import {
  createNotificationBody,
  createTestMerchant,
  type TestMerchant,
} from 'nestjs-wechatpay-complaint/testing';
import { createHttpService } from '../../../lib/http/http-service.js';
import { MerchantContext } from '../../../lib/merchant/merchant-context.js';
import { MerchantsOfKey } from '../../../lib/merchant/merchants-by-serial.js';
import { openNotification } from '../../../lib/notifications/notification-opening.js';
import { resolvedOptionsOf } from '../../support/resolved-options.js';

let one: TestMerchant;
let two: TestMerchant;

beforeAll(async () => {
  [one, two] = await Promise.all([createTestMerchant(), createTestMerchant()]);
});

function contextOf({ options }: TestMerchant): MerchantContext {
  return new MerchantContext(resolvedOptionsOf(options), createHttpService());
}

function candidates(...merchants: TestMerchant[]): MerchantsOfKey {
  const [context] = merchants.map(contextOf);
  const key = context?.options.platformKeys.get(merchants[0]?.publicKey.id ?? '');
  if (!key) throw new Error('The first merchant has no key.');
  const ofKey = new MerchantsOfKey(key);
  for (const merchant of merchants) ofKey.add(contextOf(merchant));
  return ofKey;
}

function bodyFor(merchant: TestMerchant, id = 'EV-1'): Buffer {
  return Buffer.from(createNotificationBody(merchant, { id, complaint: { complaint_id: '2002' } }));
}

describe('openNotification', () => {
  it('opens what was encrypted for a merchant', () => {
    expect(openNotification(bodyFor(one), contextOf(one))).toMatchObject({
      mchid: one.mchid,
      id: 'EV-1',
      complaint: { complaint_id: '2002' },
    });
  });

  it('finds the one of several whose APIv3 key decrypts', () => {
    const both = candidates(one, two);

    expect(openNotification(bodyFor(two), both).mchid).toBe(two.mchid);
    expect(openNotification(bodyFor(one), both).mchid).toBe(one.mchid);
  });

  it('says what is wrong when a key belongs to one merchant', () => {
    expect(() => openNotification(bodyFor(two), candidates(one))).toThrow(
      expect.objectContaining({
        code: 'DECRYPTION_FAILED',
        detail: expect.stringContaining('Check that apiV3Key is the key now set'),
      }),
    );
  });

  it('rejects what none of them decrypts', () => {
    const third = { ...one, mchid: '1900000003', options: { ...one.options, mchid: '1900000003' } };
    expect(() => openNotification(bodyFor(two), candidates(one, third))).toThrow(
      expect.objectContaining({ code: 'DECRYPTION_FAILED' }),
    );
  });

  it('does not guess between merchants with the same APIv3 key', () => {
    const options = { ...two.options, apiV3Key: one.apiV3Key };
    const both = candidates(one, { ...two, options });

    expect(() => openNotification(bodyFor(one), both)).toThrow(
      expect.objectContaining({
        code: 'UNKNOWN_MERCHANT',
        detail: expect.stringContaining(`${one.mchid}, ${two.mchid}`),
      }),
    );
  });

  it('rejects a body of more than 64 KiB', () => {
    expect(() => openNotification(Buffer.alloc(64 * 1024 + 1), contextOf(one))).toThrow(
      expect.objectContaining({ code: 'BODY_TOO_LARGE' }),
    );
  });
});
