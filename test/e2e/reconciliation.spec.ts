import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, Injectable, Post, Req, type Type } from '@nestjs/common';
import {
  type ComplaintDeadline,
  ComplaintNotification,
  type ComplaintNotificationPayload,
  ComplaintPayload,
  ComplaintReconciler,
  MemoryNotificationStore,
  type NotificationStore,
  OnComplaint,
  OnComplaintDeadline,
  SWEEP_CHANNEL,
  type SweepEvent,
  WechatPayComplaintModule,
  type SingleMerchantOptions,
} from 'nestjs-wechatpay-complaint';
import {
  createTestMerchant,
  type TestMerchant,
  WechatPaySimulator,
  type WechatPaySimulatorOptions,
} from 'nestjs-wechatpay-complaint/testing';
import { closeApps, type RunningApp, startApp } from '../support/start-app.js';
import { until } from '../support/until.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Requests for the list: 30 days before today are 31 days, one more than a request may ask for. */
const LISTS = 2;

let merchant: TestMerchant;
let simulator: WechatPaySimulator;
/** Milliseconds by which the clock of the simulator is behind. */
let behind = 0;
let isLosing = false;

/** What listeners got, as `<origin> <action> <complaint>`. */
let heard: string[] = [];
let deadlines: ComplaintDeadline[] = [];
let failure: Error | undefined;

@Injectable()
class Listener {
  @OnComplaint()
  hear({ origin, complaint }: ComplaintNotificationPayload): void {
    if (failure) throw failure;
    heard.push(`${origin} ${complaint.action_type} ${complaint.complaint_id}`);
  }
}

@Injectable()
class DeadlineListener {
  @OnComplaintDeadline()
  remind(deadline: ComplaintDeadline): void {
    if (failure) throw failure;
    deadlines.push(deadline);
  }
}

async function startSimulator(options: Partial<WechatPaySimulatorOptions> = {}): Promise<void> {
  simulator = await WechatPaySimulator.start({
    merchants: [merchant],
    clock: () => Date.now() - behind,
    losesNotification: () => isLosing,
    ...options,
  });
}

/** An app that reconciles when the test says so. */
async function start(
  options: Partial<SingleMerchantOptions> & { route?: string } = {},
  { providers = [Listener], controllers = [] }: { providers?: Type[]; controllers?: Type[] } = {},
): Promise<RunningApp> {
  const running = await startApp({
    imports: [
      WechatPayComplaintModule.forRoot({
        ...simulator.moduleOptions(merchant),
        route: 'complaints',
        reconciliation: { interval: false, grace: 5 * MINUTE },
        ...options,
      }),
    ],
    providers,
    controllers,
  });
  simulator.setRegisteredUrl(merchant, `${running.url}/complaints`);
  return running;
}

const reconcilerOf = ({ app }: RunningApp): ComplaintReconciler => app.get(ComplaintReconciler);
const complain = async (age: number, id?: string): Promise<string> => {
  behind = age;
  const { complaint } = await simulator.complain(merchant, { complaint_id: id });
  return complaint.complaint_id;
};
/** Runs a step so long ago. */
const at = async (age: number, step: () => Promise<unknown>): Promise<void> => {
  behind = age;
  await step();
};
const calls = (): string[] =>
  simulator.requests
    .filter(({ method }) => method === 'GET')
    .map(({ target }) => (target.includes('negotiation') ? 'history' : 'list'));

beforeAll(async () => {
  merchant = await createTestMerchant();
});
beforeEach(async () => {
  [behind, isLosing, heard, deadlines, failure] = [0, false, [], [], undefined];
  await startSimulator();
});
afterEach(async () => {
  await closeApps();
  await simulator.stop();
});

describe('A sweep', () => {
  it('gives a complaint that nothing was heard of to the listeners, once', async () => {
    const running = await start();
    const reconciler = reconcilerOf(running);
    await reconciler.sweep();
    isLosing = true;
    const id = await complain(0);
    const options = { grace: 0, to: new Date(Date.now() + 1000) };

    await expect(reconciler.sweep(options)).resolves.toEqual({
      listed: 1,
      fed: 1,
      failed: 0,
      calls: LISTS,
    });
    expect(heard).toEqual([`reconciliation CREATE_COMPLAINT ${id}`]);
    await expect(reconciler.sweep(options)).resolves.toMatchObject({ fed: 0 });
    expect(heard).toHaveLength(1);
    expect(running.logger.ours('warn')).toEqual([
      expect.stringMatching(
        /^Reconciliation found 1 complaints or changes of merchant \d+ of which/,
      ),
    ]);
  });

  it('handles a creation once although its notification comes after all', async () => {
    const reconciler = reconcilerOf(await start());
    isLosing = true;
    await complain(HOUR);
    await reconciler.sweep({ from: new Date(Date.now() - DAY) });
    const [lost] = simulator.lostNotifications;

    await expect(simulator.notify(merchant, lost?.notification)).resolves.toMatchObject({
      accepted: true,
    });
    expect(heard).toHaveLength(1);
  });

  it('finds nothing where the notification was handled', async () => {
    const reconciler = reconcilerOf(await start());
    const id = await complain(HOUR);
    await expect(reconciler.sweep({ from: new Date(Date.now() - DAY) })).resolves.toEqual({
      listed: 1,
      fed: 0,
      failed: 0,
      calls: 1,
    });
    expect(heard).toEqual([`notification CREATE_COMPLAINT ${id}`]);
  });

  it('leaves what is younger than the grace period to its notification', async () => {
    const reconciler = reconcilerOf(await start());
    isLosing = true;
    await complain(4 * MINUTE);
    await complain(6 * MINUTE);
    const from = new Date(Date.now() - DAY);
    await expect(reconciler.sweep({ from })).resolves.toMatchObject({ listed: 2, fed: 1 });
    await expect(reconciler.sweep({ from, grace: 0 })).resolves.toMatchObject({ fed: 1 });
  });

  it('takes what was there before the first sweep for known, unless it is asked for', async () => {
    const reconciler = reconcilerOf(await start());
    isLosing = true;
    const id = await complain(DAY);
    await expect(reconciler.sweep()).resolves.toMatchObject({ listed: 1, fed: 0, calls: LISTS });
    await expect(reconciler.sweep()).resolves.toMatchObject({ listed: 1, fed: 0, calls: LISTS });
    expect(heard).toEqual([]);

    await reconciler.sweep({ from: new Date(Date.now() - 2 * DAY) });
    expect(heard).toEqual([`reconciliation CREATE_COMPLAINT ${id}`]);
  });

  it('gives the newest lost change of a complaint to the listeners', async () => {
    const reconciler = reconcilerOf(await start());
    const id = await complain(3 * HOUR);
    await reconciler.sweep();
    isLosing = true;
    await at(2 * HOUR, () => simulator.sendUserMessage(merchant, id, { text: '在吗' }));
    await at(HOUR, () => simulator.applyPlatformService(merchant, id));
    heard = [];

    await expect(reconciler.sweep()).resolves.toEqual({
      listed: 1,
      fed: 1,
      failed: 0,
      calls: LISTS + 1,
    });
    expect(heard).toEqual([`reconciliation USER_APPLY_PLATFORM_SERVICE ${id}`]);
    await expect(reconciler.sweep()).resolves.toMatchObject({ fed: 0, calls: LISTS + 1 });
    await expect(reconciler.sweep()).resolves.toMatchObject({ fed: 0, calls: LISTS });
  });

  it('does not give a change that a notification accounts for', async () => {
    const reconciler = reconcilerOf(await start());
    const id = await complain(3 * HOUR);
    await reconciler.sweep();
    await at(HOUR, () => simulator.sendUserMessage(merchant, id, { text: '在吗' }));

    await expect(reconciler.sweep()).resolves.toMatchObject({ fed: 0, calls: LISTS + 1 });
    expect(heard).toEqual([
      `notification CREATE_COMPLAINT ${id}`,
      `notification USER_RESPONSE ${id}`,
    ]);
  });

  it('finds a lost change that undoes a handled one', async () => {
    const reconciler = reconcilerOf(await start());
    const id = await complain(5 * HOUR);
    await reconciler.sweep();
    await at(3 * HOUR, () => simulator.applyPlatformService(merchant, id));
    isLosing = true;
    await at(2 * HOUR, () => simulator.finishPlatformService(merchant, id, {}));
    await expect(reconciler.sweep()).resolves.toMatchObject({ fed: 1 });
    expect(heard.at(-1)).toBe(`reconciliation PLATFORM_SERVICE_FINISHED ${id}`);
  });

  it('sweeps for each merchant that is known, or for those that are named', async () => {
    const other = await createTestMerchant();
    await simulator.stop();
    await startSimulator({ merchants: [merchant, other] });
    const running = await startApp({
      imports: [
        WechatPayComplaintModule.forRoot({
          merchants: [merchant, other].map(
            ({ mchid, serial, privateKey, apiV3Key, publicKey }) => ({
              ...{ mchid, serial, privateKey, apiV3Key },
              platformKeys: { [publicKey.id]: publicKey.pem },
            }),
          ),
          baseUrls: [simulator.url],
          request: { proxy: false },
          reconciliation: { interval: false },
        }),
      ],
      providers: [Listener],
    });
    isLosing = true;
    const id = await complain(HOUR);
    await simulator.complain(other);
    const from = new Date(Date.now() - DAY);
    const reconciler = reconcilerOf(running);
    await expect(reconciler.sweep({ from, mchids: [other.mchid] })).resolves.toMatchObject({
      listed: 1,
      fed: 1,
    });
    await expect(reconciler.sweep({ from })).resolves.toMatchObject({ listed: 2, fed: 1 });
    expect(heard.at(-1)).toBe(`reconciliation CREATE_COMPLAINT ${id}`);
    await expect(reconciler.sweep({ mchids: ['1'] })).rejects.toMatchObject({
      code: 'UNKNOWN_MERCHANT',
    });
  });

  it('comes back to a change that was too young', async () => {
    const reconciler = reconcilerOf(await start());
    const id = await complain(3 * HOUR);
    await reconciler.sweep();
    isLosing = true;
    await at(4 * MINUTE, () => simulator.sendUserMessage(merchant, id, { text: '在吗' }));
    await expect(reconciler.sweep()).resolves.toMatchObject({ fed: 0 });
    await expect(reconciler.sweep({ grace: MINUTE })).resolves.toMatchObject({ fed: 1 });
    await reconciler.sweep({ grace: MINUTE });
    await expect(reconciler.sweep({ grace: MINUTE })).resolves.toMatchObject({
      fed: 0,
      calls: LISTS,
    });
    expect(heard.at(-1)).toBe(`reconciliation USER_RESPONSE ${id}`);
  });

  it("does not take the merchant's own actions for lost", async () => {
    const reconciler = reconcilerOf(await start());
    const id = await complain(3 * HOUR);
    await reconciler.sweep();
    behind = HOUR;
    await simulator.refundOrders(merchant, id);
    await expect(reconciler.sweep()).resolves.toMatchObject({ fed: 0 });
    expect(heard).toHaveLength(2);
  });

  it('counts what a listener could not handle, and finds it again', async () => {
    const running = await start();
    const reconciler = reconcilerOf(running);
    isLosing = true;
    await complain(HOUR);
    const from = new Date(Date.now() - DAY);
    failure = new Error('the database is away');
    await expect(reconciler.sweep({ from })).resolves.toMatchObject({ fed: 0, failed: 1 });
    expect(running.logger.ours('error')).toEqual([
      expect.stringMatching(/was not handled\. ComplaintReconciler finds it again\./),
    ]);
    failure = undefined;
    await expect(reconciler.sweep({ from })).resolves.toMatchObject({ fed: 1, failed: 0 });
  });

  it('reads long lists and histories page by page, and smaller ones when it is told so', async () => {
    await simulator.stop();
    await startSimulator({ maxResultSize: 20 });
    const reconciler = reconcilerOf(await start());
    const ids: string[] = [];
    for (let count = 0; count < 55; count += 1) ids.push(await complain(HOUR + count * MINUTE));
    await reconciler.sweep();
    const [id = ''] = ids;
    isLosing = true;
    for (let count = 0; count < 45; count += 1) {
      await at(30 * MINUTE - count * 1000, () =>
        simulator.sendUserMessage(merchant, id, { text: `${count}` }),
      );
    }
    heard = [];
    await expect(reconciler.sweep()).resolves.toMatchObject({ listed: 55, fed: 1 });
    expect(heard).toEqual([`reconciliation USER_RESPONSE ${id}`]);
  });

  it('waits for a rate limit, and tries again what failed', async () => {
    const reconciler = reconcilerOf(await start());
    await complain(HOUR);
    simulator.injectFaults(
      { status: 429, code: 'FREQUENCY_LIMITED', message: '频率过高' },
      { status: 500, code: 'SYSTEM_ERROR', message: '系统异常' },
      'drop',
      'probe',
    );
    await expect(reconciler.sweep()).resolves.toMatchObject({ listed: 1, calls: LISTS + 4 });
  });

  it('publishes what it has done', async () => {
    const events: SweepEvent[] = [];
    const record = (message: unknown): void => {
      events.push(message as SweepEvent);
    };
    subscribe(SWEEP_CHANNEL, record);
    try {
      const running = await start();
      isLosing = true;
      await complain(HOUR);
      await reconcilerOf(running).sweep({ from: new Date(Date.now() - DAY) });
      simulator.injectFaults({ status: 403, code: 'NO_AUTH', message: '无权限' });
      await expect(reconcilerOf(running).sweep()).rejects.toMatchObject({ code: 'NO_AUTH' });
      expect(events).toEqual([
        {
          mchid: merchant.mchid,
          outcome: 'completed',
          listed: 1,
          fed: 1,
          failed: 0,
          reminded: 0,
          calls: 1,
          duration: expect.any(Number),
        },
        expect.objectContaining({ outcome: 'failed', calls: 1 }),
      ]);
      expect(running.logger.ours('log')).toEqual([
        expect.stringMatching(/^Notification RC-\w+ .* for Listener\.hear: handled/),
        expect.stringMatching(
          /^Reconciliation of merchant \d+ has completed: 1 complaints listed, 1 lost ones handled, 0 failed, 0 reminders, 1 calls, \d+ ms/,
        ),
        expect.stringMatching(/has failed/),
      ]);
    } finally {
      unsubscribe(SWEEP_CHANNEL, record);
    }
  });

  it.each([
    [{ from: new Date(NaN) }, 'from must be a Date'],
    [{ to: 'today' as unknown as Date }, 'to must be a Date'],
    [{ from: new Date(2), to: new Date(1) }, 'to lies before from'],
    [{ grace: -1 }, 'grace must be a number of milliseconds'],
  ])('rejects %p', async (options, problem) => {
    const reconciler = reconcilerOf(await start());
    await expect(reconciler.sweep(options)).rejects.toThrow(problem);
    expect(calls()).toEqual([]);
  });
});

describe('Reconciliation', () => {
  it('gives what it finds to a route that takes nothing but the payload', async () => {
    @Controller()
    class Complaints {
      @Post('other')
      @ComplaintNotification()
      handle(
        @ComplaintPayload('complaint') complaint: ComplaintNotificationPayload['complaint'],
        @ComplaintPayload() { origin }: ComplaintNotificationPayload,
      ): void {
        heard.push(`${origin} ${complaint.action_type} ${complaint.complaint_id}`);
      }
    }
    const running = await start({ route: undefined }, { providers: [], controllers: [Complaints] });
    isLosing = true;
    const id = await complain(HOUR);
    await reconcilerOf(running).sweep({ from: new Date(Date.now() - DAY) });
    expect(heard).toEqual([`reconciliation CREATE_COMPLAINT ${id}`]);
  });

  it('names at startup the routes that it cannot call, and those that it does not call', async () => {
    @Controller()
    class Complaints {
      @Post('first')
      @ComplaintNotification()
      first(@ComplaintPayload() _payload: ComplaintNotificationPayload): void {}

      @Post('second')
      @ComplaintNotification()
      second(): void {}

      @Post('third')
      @ComplaintNotification()
      third(@ComplaintPayload() _payload: unknown, @Req() _request: object): void {}
    }
    const { logger } = await start({}, { controllers: [Complaints] });
    expect(logger.ours('warn')).toEqual([
      expect.stringMatching(/does not reach Complaints\.third: it cannot be called without/),
      expect.stringMatching(/reaches Complaints\.first only, not Complaints\.second/),
    ]);
  });

  /** Has only the methods without which nothing is received. */
  class OldStore implements NotificationStore {
    private readonly inner = new MemoryNotificationStore();

    claim(...args: Parameters<NotificationStore['claim']>) {
      return this.inner.claim(...args);
    }

    renew(...args: Parameters<NotificationStore['renew']>) {
      return this.inner.renew(...args);
    }

    complete(...args: Parameters<NotificationStore['complete']>) {
      return this.inner.complete(...args);
    }

    release(...args: Parameters<NotificationStore['release']>) {
      return this.inner.release(...args);
    }
  }

  it.each<[string, NotificationStore | false, RegExp]>([
    ['without a store', false, /store: false nothing is remembered/],
    [
      'with a store that remembers no complaints',
      new OldStore(),
      /the store, a OldStore, lacks the methods readComplaints and writeComplaint/,
    ],
  ])('says %s what is missing, and notifications are received', async (_case, store, problem) => {
    const running = await start({ store, reconciliation: {} });
    const id = await complain(0);
    expect(heard).toEqual([`notification CREATE_COMPLAINT ${id}`]);
    expect(running.logger.ours('error')).toEqual([
      expect.stringMatching(/^The option reconciliation is on, but nothing is reconciled: /),
    ]);
    expect(running.logger.ours('error')[0]).toMatch(problem);
    await expect(reconcilerOf(running).sweep()).rejects.toThrow(problem);
  });

  it('says that nobody handles what it finds', async () => {
    const { logger } = await start({ reconciliation: {} }, { providers: [] });
    expect(logger.ours('error')).toEqual([expect.stringMatching(/nobody would handle/)]);
  });

  it('sweeps by itself at the interval', async () => {
    const { logger } = await start({ reconciliation: { interval: 300, grace: 1 } });
    expect(logger.ours('log')).toEqual([
      expect.stringMatching(/^Complaints are reconciled every 300 ms, by each process on its own/),
    ]);
    isLosing = true;
    // Before it, complaints are taken for known.
    await until(() => calls().length > 0);
    const id = await complain(-1500);
    await until(() => heard.length > 0);
    expect(heard).toEqual([`reconciliation CREATE_COMPLAINT ${id}`]);
  });

  it('ends a sweep on shutdown', async () => {
    const running = await start({}, {});
    const reconciler = reconcilerOf(running);
    for (let count = 0; count < 60; count += 1) await complain(HOUR);
    simulator.injectFaults('hang');
    const sweep = reconciler.sweep();
    await until(() => calls().length > 0);
    await closeApps();
    await expect(sweep).resolves.toMatchObject({ listed: 0, calls: 1 });
    await expect(reconciler.sweep()).rejects.toThrow();
  });
});

describe('Deadlines', () => {
  const providers = [Listener, DeadlineListener];
  const summary = (): string[] =>
    deadlines.map(({ kind, state, complaint }) => `${kind} ${state} ${complaint.complaint_id}`);

  it('are announced once for each deadline and threshold', async () => {
    const reconciler = reconcilerOf(
      await start({ deadlines: { remind: [4 * HOUR, HOUR] } }, { providers }),
    );
    await complain(19 * HOUR, 'C-not-yet');
    await complain(21 * HOUR, 'C-4h');
    await complain(23.5 * HOUR, 'C-1h');
    await complain(69 * HOUR, 'C-both');
    const from = new Date(Date.now() - 10 * DAY);
    await reconciler.sweep({ from });
    expect(summary().sort()).toEqual([
      'completion due-soon C-both',
      'first-reply due-soon C-1h',
      'first-reply due-soon C-4h',
      'first-reply overdue C-both',
    ]);
    const [first] = deadlines.filter(({ complaint }) => complaint.complaint_id === 'C-4h');
    expect(first?.dueAt.getTime()).toBe(
      Date.parse(first?.complaint.complaint_time ?? '') + 24 * HOUR,
    );
    expect(first?.mchid).toBe(merchant.mchid);
    await reconciler.sweep({ from });
    expect(deadlines).toHaveLength(4);
  });

  it('count again when the consumer complains again', async () => {
    const reconciler = reconcilerOf(await start({}, { providers }));
    const id = await complain(5 * DAY);
    await at(21 * HOUR, () => simulator.continueComplaint(merchant, id));
    await reconciler.sweep();
    expect(summary()).toEqual([`first-reply due-soon ${id}`]);
  });

  it('that had passed before the first sweep are no news', async () => {
    const reconciler = reconcilerOf(await start({}, { providers }));
    await complain(5 * DAY);
    await reconciler.sweep();
    expect(deadlines).toEqual([]);
  });

  it('are announced again when a method has failed', async () => {
    const running = await start({}, { providers });
    const reconciler = reconcilerOf(running);
    const id = await complain(21 * HOUR);
    failure = new Error('the chat is away');
    await reconciler.sweep();
    failure = undefined;
    await reconciler.sweep();
    expect(summary()).toEqual([`first-reply due-soon ${id}`]);
    expect(running.logger.ours('error')).toEqual([
      expect.stringMatching(
        /^The reminder of complaint \d+ \(first-reply, due-soon\) for DeadlineListener\.remind was not handled\. The next sweep tries again/,
      ),
    ]);
  });

  it('are never announced with reconciliation off, which is said', async () => {
    const { logger } = await start({ reconciliation: false }, { providers });
    expect(logger.ours('warn')).toEqual([
      expect.stringMatching(
        /^DeadlineListener\.remind with @OnComplaintDeadline\(\): sweeps call it/,
      ),
    ]);
  });
});
