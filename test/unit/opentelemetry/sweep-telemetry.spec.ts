import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ComplaintReconciler, OnComplaint, OnComplaintDeadline } from 'nestjs-wechatpay-complaint';
import {
  createTestMerchant,
  type TestMerchant,
  type WechatPaySimulator,
} from 'nestjs-wechatpay-complaint/testing';
import { closeAll, startSimulator } from '../../support/client-bench.js';
import { closeModules, startModule } from '../../support/start-module.js';
import { Telemetry } from '../../support/telemetry.js';

const DAY = 24 * 60 * 60 * 1000;
const FORBIDDEN = { status: 403, code: 'NO_AUTH', message: '无权限' };

let failure: Error | undefined;

class Listener {
  @OnComplaint()
  hear(): void {
    if (failure) throw failure;
  }

  @OnComplaintDeadline()
  remind(): void {
    // Counts as reminded.
  }
}

let merchant: TestMerchant;
let simulator: WechatPaySimulator;
let reconciler: ComplaintReconciler;
let telemetry: Telemetry;

beforeAll(async () => {
  merchant = await createTestMerchant();
});
beforeEach(async () => {
  failure = undefined;
  telemetry = new Telemetry();
  simulator = await startSimulator(merchant);
  const { module } = await startModule(
    {
      ...simulator.moduleOptions(merchant),
      retry: false,
      // Every complaint is close to its deadlines at once.
      deadlines: { remind: [3 * DAY] },
    },
    { providers: [Listener] },
  );
  reconciler = module.get(ComplaintReconciler);
});
afterEach(async () => {
  await closeModules();
  await closeAll();
  await telemetry.stop();
});

const sweep = () =>
  reconciler.sweep({
    from: new Date(Date.now() - DAY),
    to: new Date(Date.now() + 1000),
    grace: 0,
  });
/** Nobody is notified: no callback URL is registered. */
const complain = async (): Promise<void> => {
  await simulator.complain(merchant);
};

describe('The metrics of sweeps', () => {
  it('count sweeps by outcome, with their seconds', async () => {
    await sweep();
    simulator.injectFaults(FORBIDDEN);
    await expect(sweep()).rejects.toThrow('无权限');

    const outcomes = ['completed', 'failed'].map((outcome) => ({
      'wechatpay.mchid': merchant.mchid,
      'wechatpay.sweep.outcome': outcome,
    }));
    expect(await telemetry.metric('wechatpay.sweeps')).toMatchObject(
      outcomes.map((attributes) => ({ attributes, value: 1 })),
    );
    expect(await telemetry.metric('wechatpay.sweep.duration')).toMatchObject(
      outcomes.map((attributes) => ({ attributes, value: { count: 1 } })),
    );
  });

  it('count lost complaints by what became of them, and reminders', async () => {
    const attributes = { 'wechatpay.mchid': merchant.mchid };
    await complain();
    await complain();
    await sweep();
    failure = new Error('no room');
    await complain();
    await sweep();

    expect(await telemetry.metric('wechatpay.sweep.lost')).toMatchObject([
      { attributes: { ...attributes, 'wechatpay.notification.outcome': 'handled' }, value: 2 },
      { attributes: { ...attributes, 'wechatpay.notification.outcome': 'failed' }, value: 1 },
    ]);
    const [reminders] = await telemetry.metric('wechatpay.sweep.reminders');
    // Of the first reply and of the completion, for each of three complaints.
    expect(reminders).toMatchObject({ attributes, value: 6 });
  });

  it('are zero where nothing was lost', async () => {
    await sweep();

    expect(await telemetry.metric('wechatpay.sweep.lost')).toMatchObject([
      { value: 0 },
      { value: 0 },
    ]);
    expect(await telemetry.metric('wechatpay.sweep.reminders')).toMatchObject([{ value: 0 }]);
  });
});
