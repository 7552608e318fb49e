import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  ComplaintNotificationService,
  ComplaintReconciler,
  OnComplaint,
  type SingleMerchantOptions,
  WechatPayComplaintHealth,
} from 'nestjs-wechatpay-complaint';
import {
  createTestMerchant,
  type SimulatedError,
  type TestMerchant,
  type WechatPaySimulator,
} from 'nestjs-wechatpay-complaint/testing';
import { closeAll, errorOf, startSimulator } from '../../support/client-bench.js';
import { ControlledStore } from '../../support/controlled-store.js';
import { closeModules, startModule } from '../../support/start-module.js';
import { until } from '../../support/until.js';

const url = 'https://shop.example.com/complaints';
const FORBIDDEN: SimulatedError = { status: 403, code: 'NO_AUTH', message: '无权限' };

class Listener {
  @OnComplaint()
  hear(): void {
    // What is found counts as handled.
  }
}

let merchant: TestMerchant;
let simulator: WechatPaySimulator;
beforeAll(async () => {
  merchant = await createTestMerchant();
});
afterEach(async () => {
  await closeModules();
  await closeAll();
});

async function start(
  options: Partial<SingleMerchantOptions> = {},
  ...faults: SimulatedError[]
): Promise<WechatPayComplaintHealth> {
  simulator = await startSimulator(merchant);
  simulator.injectFaults(...faults);
  const { module } = await startModule({ ...simulator.moduleOptions(merchant), ...options });
  return module.get(WechatPayComplaintHealth);
}

describe('WechatPayComplaintHealth', () => {
  it('is up, and calls nobody', async () => {
    const health = await start();

    await expect(health.check()).resolves.toEqual({
      status: 'up',
      problems: [],
      store: 'reachable',
      merchants: [{ mchid: merchant.mchid, platformKeys: { known: [merchant.publicKey.id] } }],
    });
    expect(simulator.requests).toEqual([]);
  });

  it('tells when the callback URL was registered', async () => {
    const health = await start({ callbackUrl: url });
    const registration = async () => (await health.check()).merchants[0]?.callbackUrl;
    await until(async () => (await registration())?.registeredAt !== undefined);

    await expect(registration()).resolves.toEqual({
      url,
      registeredAt: expect.stringMatching(/^20.*Z$/),
    });
    await expect(health.check()).resolves.toMatchObject({ status: 'up' });
  });

  it('is degraded while the callback URL cannot be registered', async () => {
    const health = await start({ callbackUrl: url }, FORBIDDEN);
    await until(async () => (await health.check()).problems.length > 0);

    await expect(health.check()).resolves.toMatchObject({
      status: 'degraded',
      problems: [expect.stringContaining('无权限')],
    });
  });

  describe('with reconciliation', () => {
    const startSwept = async (isOn: boolean, ...faults: SimulatedError[]) => {
      simulator = await startSimulator(merchant);
      const { module } = await startModule(
        {
          ...simulator.moduleOptions(merchant),
          retry: false,
          reconciliation: isOn && { interval: false },
        },
        { providers: [Listener] },
      );
      simulator.injectFaults(...faults);
      return {
        health: module.get(WechatPayComplaintHealth),
        reconciler: module.get(ComplaintReconciler),
      };
    };
    const endedAt: unknown = expect.stringMatching(/^20.*Z$/);

    it('tells how the last sweep has ended', async () => {
      const { health, reconciler } = await startSwept(true);
      const { merchants } = await health.check();
      expect(merchants[0]?.lastSweep).toBeUndefined();

      await reconciler.sweep();

      await expect(health.check()).resolves.toMatchObject({
        status: 'up',
        problems: [],
        merchants: [{ lastSweep: { endedAt, outcome: 'completed' } }],
      });
    });

    it('is degraded, with the reason, from a sweep that failed until the next that does not', async () => {
      const { health, reconciler } = await startSwept(true, FORBIDDEN);
      await expect(reconciler.sweep()).rejects.toThrow('无权限');

      await expect(health.check()).resolves.toMatchObject({
        status: 'degraded',
        problems: [expect.stringContaining('无权限')],
        merchants: [{ lastSweep: { endedAt, outcome: 'failed' } }],
      });
      await reconciler.sweep();
      await expect(health.check()).resolves.toMatchObject({ status: 'up', problems: [] });
    });

    it('says nothing about sweeps that the app makes while the option is off', async () => {
      const { health, reconciler } = await startSwept(false, FORBIDDEN);
      await expect(reconciler.sweep()).rejects.toThrow('无权限');

      const { status, merchants } = await health.check();
      expect(status).toBe('up');
      expect(merchants[0]?.lastSweep).toBeUndefined();
    });
  });

  it('is down when the store is, whatever else is wrong', async () => {
    const store = new ControlledStore();
    store.failing.add('ping');
    const health = await start({ store, callbackUrl: url }, FORBIDDEN);
    await until(async () => (await health.check()).problems.length > 1);

    await expect(health.check()).resolves.toMatchObject({ status: 'down', store: 'unreachable' });
  });

  it('is down only when the notifications of no merchant can be verified', async () => {
    const other = await createTestMerchant({ mode: 'certificate' });
    const check = async (...merchants: TestMerchant[]) => {
      const { module } = await startModule({
        merchants: merchants.map(({ merchantOptions }) => merchantOptions),
        request: other.options.request,
        retry: false,
      });
      // The first download of certificates fails: nobody listens at the port of these options.
      const service = module.get(ComplaintNotificationService).forMerchant(other.mchid);
      await errorOf(service.update({ url }));
      return module.get(WechatPayComplaintHealth).check();
    };

    await expect(check(merchant, other)).resolves.toMatchObject({
      status: 'degraded',
      problems: [expect.stringContaining(other.mchid)],
      merchants: [{ mchid: merchant.mchid }, { mchid: other.mchid }],
    });
    await expect(check(other)).resolves.toMatchObject({ status: 'down' });
  });
});
