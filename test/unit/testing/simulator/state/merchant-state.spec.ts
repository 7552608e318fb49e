import { beforeAll, describe, expect, it } from '@jest/globals';
import {
  createTestCertificate,
  createTestMerchant,
  type TestMerchant,
  type TestMerchantMode,
} from 'nestjs-wechatpay-complaint/testing';
import { ImageLinks } from '../../../../../lib/testing/simulator/state/image-links.js';
import {
  MerchantState,
  SimulatedMerchants,
} from '../../../../../lib/testing/simulator/state/merchant-state.js';
import { PNG } from '../../../../support/small-images.js';

const ORIGIN = 'http://127.0.0.1:3000';
const links = new ImageLinks(
  () => ORIGIN,
  () => 0,
);

describe('The state of a merchant', () => {
  const merchants = new Map<TestMerchantMode, TestMerchant>();
  beforeAll(async () => {
    for (const mode of ['public-key', 'certificate', 'migration'] as const) {
      merchants.set(mode, await createTestMerchant({ mode }));
    }
  });
  function merchantIn(mode: TestMerchantMode): TestMerchant {
    const merchant = merchants.get(mode);
    if (!merchant) throw new Error(`There is no merchant in ${mode} mode.`);
    return merchant;
  }
  const stateIn = (mode: TestMerchantMode): MerchantState =>
    new MerchantState(merchantIn(mode), links, () => 0);

  it.each([
    ['public-key', 'publicKey'],
    ['certificate', 'platformCertificate'],
    ['migration', 'platformCertificate'],
  ] as const)('signs responses in %s mode with %s by default', (mode, key) => {
    expect(stateIn(mode).responseKey()).toBe(merchantIn(mode)[key]);
  });

  it.each([
    ['public-key', 'publicKey', true],
    ['public-key', 'platformCertificate', false],
    ['certificate', 'publicKey', false],
    ['certificate', 'platformCertificate', true],
    ['migration', 'publicKey', true],
    ['migration', 'platformCertificate', true],
  ] as const)('signs responses in %s mode with %s on request: %s', (mode, name, isKnown) => {
    const key = merchantIn(mode)[name];

    expect(stateIn(mode).responseKey(key.id)).toBe(isKnown ? key : undefined);
  });

  it('signs with the newest certificate', async () => {
    const state = stateIn('certificate');
    const next = await createTestCertificate();

    state.certificates = [...state.certificates, next];

    expect(state.responseKey()).toBe(next);
    expect(state.notificationKey).toBe(next);
    expect(stateIn('migration').notificationKey).toBeUndefined();
  });

  describe('among others', () => {
    const all = (): SimulatedMerchants =>
      new SimulatedMerchants([...merchants.values()], links, () => 0);

    it('is found by the id of the merchant', () => {
      const merchant = merchantIn('migration');
      const state = all().get(merchant);

      expect(state.merchant).toBe(merchant);
      expect(all().find('1')).toBeUndefined();
      expect(() => all().get({ mchid: '1' })).toThrow('does not know merchant 1.');
    });

    it('is found by a complaint', () => {
      const found = all();
      const owner = found.get(merchantIn('certificate'));
      owner.complaints.create({ complaint_id: 'C-1' });

      expect(found.findByComplaint('C-1')).toBe(owner);
      expect(found.findByComplaint('C-2')).toBeUndefined();
    });

    it('is found by a link to one of its images', () => {
      const found = all();
      const { images } = found.get(merchantIn('certificate'));
      const link = images.link(images.add(PNG)).slice(ORIGIN.length);

      expect(found.findByLink(link)).toMatchObject({ bytes: PNG });
      expect(found.findByLink(links.create('123').slice(ORIGIN.length))).toBeUndefined();
      expect(found.findByLink(link.replace('?', '?x'))).toBeUndefined();
    });

    it('has an id that no other one has', () => {
      const merchant = merchantIn('public-key');

      expect(() => new SimulatedMerchants([merchant, merchant], links, () => 0)).toThrow(
        `Two merchants have the id ${merchant.mchid}`,
      );
    });
  });
});
