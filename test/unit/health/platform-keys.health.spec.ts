import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { ComplaintNotificationService } from 'nestjs-wechatpay-complaint';
import {
  createTestCertificate,
  createTestMerchant,
  createTestPublicKey,
  type SimulatedError,
  type TestPlatformKey,
} from 'nestjs-wechatpay-complaint/testing';
import type { HealthCheck } from '../../../lib/health/health-check.js';
import {
  checkPlatformKeys,
  type PlatformKeysHealth,
} from '../../../lib/health/platform-keys.health.js';
import { PlatformKeys } from '../../../lib/keys/platform-keys.js';
import { MerchantRegistry } from '../../../lib/merchant/merchant-registry.js';
import { parsePlatformKey } from '../../../lib/protocol/rsa-key.js';
import { closeAll, errorOf, startSimulator, valuesOf } from '../../support/client-bench.js';
import { closeModules, startModule } from '../../support/start-module.js';

const MCHID = '1900000109';
const CALLBACK_URL = 'https://shop.example.com/complaints';
const DAY = 24 * 60 * 60 * 1000;
const BROKEN: SimulatedError = { status: 500, code: 'SYSTEM_ERROR', message: '系统异常' };

const inDays = (days: number): Date => new Date(Date.now() + days * DAY);

describe('Keys of the options', () => {
  let publicKey: TestPlatformKey;
  let lasting: TestPlatformKey;
  let ending: TestPlatformKey;
  let expired: TestPlatformKey;
  beforeAll(async () => {
    publicKey = await createTestPublicKey();
    lasting = await createTestCertificate();
    ending = await createTestCertificate({ notAfter: inDays(9) });
    expired = await createTestCertificate({ notBefore: inDays(-9), notAfter: inDays(-1) });
  });

  function check(
    keys: readonly TestPlatformKey[],
    expiryNotice?: number,
  ): HealthCheck<PlatformKeysHealth> {
    const pinned = new Map(keys.map(({ id, pem }) => [id, parsePlatformKey(pem)] as const));
    return checkPlatformKeys(MCHID, new PlatformKeys(pinned), expiryNotice);
  }

  it('are well with a certificate that lasts', () => {
    expect(check([expired, ending, lasting])).toEqual({
      value: { known: [ending.id, lasting.id], expiresAt: expect.stringMatching(/^20.*Z$/) },
      problems: [],
    });
  });

  it('are well with a public key, which does not expire', () => {
    expect(check([ending, publicKey])).toEqual({
      value: { known: [ending.id, publicKey.id] },
      problems: [],
    });
  });

  it('are degraded when the last certificate is about to expire', () => {
    const { value, problems } = check([ending]);
    expect(problems).toEqual([
      {
        status: 'degraded',
        text:
          `The last platform certificate of merchant ${MCHID} expires at ${value.expiresAt ?? ''}: ` +
          'give its successor in platformKeys.',
      },
    ]);
  });

  it('are degraded as long before as was asked for', () => {
    expect(check([ending], 8 * DAY).problems).toEqual([]);
    expect(check([ending], 10 * DAY).problems).toHaveLength(1);
  });

  it('are down when all have expired', () => {
    expect(check([expired])).toEqual({
      value: { known: [] },
      problems: [
        {
          status: 'down',
          text: `Every platform certificate of merchant ${MCHID} has expired: give its successor in platformKeys.`,
        },
      ],
    });
  });
});

describe('Downloaded certificates', () => {
  afterEach(async () => {
    await closeModules();
    await closeAll();
  });

  async function start() {
    const merchant = await createTestMerchant({ mode: 'certificate' });
    const simulator = await startSimulator(merchant);
    simulator.setRegisteredUrl(merchant, CALLBACK_URL);
    const { module } = await startModule({ ...simulator.moduleOptions(merchant), retry: false });
    const [context] = module.get(MerchantRegistry).list();
    if (!context) throw new Error('There is no merchant.');
    const { keys } = context;
    const update = () => module.get(ComplaintNotificationService).update({ url: CALLBACK_URL });
    return { merchant, simulator, update, check: () => checkPlatformKeys(merchant.mchid, keys) };
  }

  it('are well before anybody has needed them', async () => {
    const { check, simulator } = await start();
    expect(check()).toEqual({ value: { known: [] }, problems: [] });
    expect(simulator.requests).toEqual([]);
  });

  it('are well after a download', async () => {
    const { check, update, merchant } = await start();
    await valuesOf(update());

    expect(check()).toEqual({
      value: {
        known: [merchant.platformCertificate.id],
        expiresAt: expect.stringMatching(/^20.*Z$/),
        lastDownload: expect.stringMatching(/^20.*Z$/),
      },
      problems: [],
    });
  });

  it('are down while no download has succeeded', async () => {
    const { check, update, simulator } = await start();
    simulator.injectFaults(BROKEN);
    await errorOf(update());

    expect(check()).toEqual({
      value: { known: [] },
      problems: [
        { status: 'down', text: expect.stringMatching(/^The last download .* failed: .*系统异常/) },
      ],
    });
  });
});
