import { setTimeout as delay } from 'node:timers/promises';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, Post, UseGuards } from '@nestjs/common';
import {
  ComplaintNotification,
  ComplaintNotificationGuard,
  ComplaintNotificationService,
  ComplaintPayload,
  ComplaintService,
  type MerchantOptions,
  NOTIFICATION_CHANNEL,
  type NotificationEvent,
  type SeveralMerchantsOptions,
  WechatPayComplaintModule,
  WechatPayMerchants,
} from 'nestjs-wechatpay-complaint';
import {
  createTestMerchant,
  signComplaintNotification,
  type TestMerchant,
  WechatPaySimulator,
} from 'nestjs-wechatpay-complaint/testing';
import { firstValueFrom } from 'rxjs';
import { downloadsOf, errorOf } from '../support/client-bench.js';
import { type HttpResponse, httpPost } from '../support/http-post.js';
import { ADAPTERS, closeApps, type RunningApp, startApp } from '../support/start-app.js';

let one: TestMerchant;
let two: TestMerchant;
/** The merchants that the database has. */
let database: Map<string, MerchantOptions>;
let lookups: string[];
let handled: string[];
let events: NotificationEvent[];

const record = (message: unknown): void => {
  events.push(message as NotificationEvent);
};

beforeAll(async () => {
  [one, two] = await Promise.all([createTestMerchant(), createTestMerchant()]);
});
beforeEach(() => {
  database = new Map([one, two].map((merchant) => [merchant.mchid, merchant.merchantOptions]));
  lookups = [];
  handled = [];
  events = [];
  subscribe(NOTIFICATION_CHANNEL, record);
});
afterEach(async () => {
  unsubscribe(NOTIFICATION_CHANNEL, record);
  await closeApps();
});

@Controller()
class ComplaintsController {
  @Post(':mchid/complaints')
  @ComplaintNotification()
  receive(@ComplaintPayload('mchid') mchid: string, @ComplaintPayload('id') id: string): void {
    handled.push(`${mchid} ${id}`);
  }
}

type Find = (mchid: string) => Promise<MerchantOptions | undefined>;

const findInDatabase: Find = (mchid) => Promise.resolve(database.get(mchid));

describe.each(ADAPTERS)('Merchants that are looked up, on %s', (adapter) => {
  function start(
    find: Find = findInDatabase,
    options: Partial<SeveralMerchantsOptions> = {},
  ): Promise<RunningApp> {
    return startApp({
      adapter,
      imports: [
        WechatPayComplaintModule.forRoot({
          merchants: {
            find: (mchid) => {
              lookups.push(mchid);
              return find(mchid);
            },
          },
          ...options,
        }),
      ],
      controllers: [ComplaintsController],
    });
  }

  function send(
    url: string,
    merchant: TestMerchant,
    { id, path = merchant.mchid }: { id?: string; path?: string } = {},
  ): Promise<HttpResponse> {
    const { headers, body } = signComplaintNotification(merchant, { id });
    return httpPost(`${url}/${path}/complaints`, headers, body);
  }

  async function statuses(sent: readonly Promise<HttpResponse>[]): Promise<number[]> {
    return (await Promise.all(sent)).map(({ status }) => status);
  }

  it('are looked up once, and get what is theirs', async () => {
    const { url } = await start();
    await expect(
      statuses([one, two, one, two].map((merchant) => send(url, merchant, { id: 'EV-1' }))),
    ).resolves.toEqual(expect.arrayContaining([204, 204]));

    expect(handled.sort()).toEqual([`${one.mchid} EV-1`, `${two.mchid} EV-1`].sort());
    expect(lookups.sort()).toEqual([one.mchid, two.mchid].sort());
  });

  it('reject genuine notifications on the path of another one', async () => {
    const { url } = await start();

    await expect(statuses([send(url, one, { path: two.mchid })])).resolves.toEqual([401]);
    expect(events).toMatchObject([{ mchid: two.mchid, code: 'UNKNOWN_SERIAL' }]);
  });

  it('cost a flood of invented ids one look-up each, and of none that is no id', async () => {
    const { url } = await start();
    const invented = Array.from({ length: 40 }, (_, index) => `x${index % 20}`);
    const malformed = ['a%20b', '%E5%95%86', 'x'.repeat(65), '..%2f'];
    const responses = await statuses([
      ...[...invented, ...malformed].map((path) => send(url, one, { path })),
      send(url, one),
    ]);

    expect(responses).toEqual([...Array.from({ length: 44 }, () => 401), 204]);
    expect(lookups).toHaveLength(21);
    expect(new Set(lookups).size).toBe(21);
  });

  it('are not looked up for requests that are no notifications', async () => {
    const { url } = await start();
    const { headers, body } = signComplaintNotification(one, { timestamp: 1_500_000_000 });
    const path = `${url}/${one.mchid}/complaints`;

    await expect(httpPost(path, headers, body)).resolves.toMatchObject({ status: 401 });
    await expect(httpPost(path, {}, body)).resolves.toMatchObject({ status: 415 });
    expect(lookups).toEqual([]);
  });

  it.each<[how: string, find: Find, reason: string]>([
    [
      'fails',
      () => Promise.reject(new Error('the database is away')),
      'cannot be looked up: the database is away',
    ],
    ['is slow', () => new Promise(() => undefined), 'find() has not responded in time'],
    [
      'returns another merchant',
      () => Promise.resolve(two.merchantOptions),
      'mchid of merchant 0 is another one in what find() returned',
    ],
    [
      'returns faulty options',
      () => Promise.resolve({ ...one.merchantOptions, apiV3Key: 'short' }),
      'apiV3Key of merchant 0 has 5 bytes, 32 are needed',
    ],
  ])('defer notifications when find %s, and serve them later', async (_how, find, reason) => {
    let isBroken = true;
    const { url, logger } = await start(
      (mchid) => (isBroken ? find(mchid) : findInDatabase(mchid)),
      { handlerTimeout: 200, timeout: 300 },
    );
    await expect(send(url, one)).resolves.toMatchObject({
      status: 503,
      text: '{"code":"FAIL","message":"The notification cannot be handled at present"}',
    });
    expect(events).toMatchObject([{ outcome: 'deferred', code: 'MERCHANT_UNAVAILABLE' }]);
    expect(events[0]?.mchid).toBeUndefined();
    const [line, ...others] = logger.ours('error');
    expect(others).toEqual([]);
    expect(line).toContain('Notification deferred (MERCHANT_UNAVAILABLE): Merchant ');
    expect(line?.replaceAll(one.mchid, '0')).toContain(reason);
    expect(line).not.toContain('short');

    isBroken = false;
    await delay(300);
    await expect(statuses([send(url, one)])).resolves.toEqual([204]);
  });

  it('use new keys once they are invalidated, and lose nothing that runs', async () => {
    const next = await createTestMerchant({ mchid: one.mchid });
    const { app, url } = await start();
    const merchants = app.get(WechatPayMerchants);
    const notifications = app.get(ComplaintNotificationService);
    await send(url, one, { id: 'EV-0' });
    const load = async (): Promise<number[]> => {
      const found: number[] = [];
      for (let index = 1; index <= 20; index += 1) {
        // What WeChat Pay signs changes with what the app has.
        const merchant = index <= 10 ? one : next;
        if (index === 11) {
          database.set(one.mchid, next.merchantOptions);
          merchants.invalidate(one.mchid);
        }
        found.push((await send(url, merchant, { id: `EV-${index}` })).status);
      }
      return found;
    };
    const [own, others] = await Promise.all([
      load(),
      statuses(Array.from({ length: 20 }, (_, index) => send(url, two, { id: `EV-${index}` }))),
    ]);

    expect([...own, ...others].filter((status) => status !== 204)).toEqual([]);
    expect(handled.filter((line) => line.startsWith(one.mchid))).toHaveLength(21);
    await expect(statuses([send(url, one, { id: 'EV-old' })])).resolves.toEqual([401]);
    expect(await errorOf(notifications.forMerchant('x').get())).toMatchObject({
      code: 'UNKNOWN_MERCHANT',
    });
  });

  it('are unknown once they are removed and invalidated, and known once they are back', async () => {
    const { app, url } = await start();
    const merchants = app.get(WechatPayMerchants);
    const removed = one.merchantOptions;
    await send(url, one);
    database.delete(one.mchid);
    merchants.invalidate(one.mchid);
    await expect(statuses([send(url, one), send(url, two)])).resolves.toEqual([401, 204]);

    database.set(one.mchid, removed);
    merchants.invalidate(one.mchid);
    await expect(statuses([send(url, one), send(url, two)])).resolves.toEqual([204, 204]);
  });

  it('make room for each other, and are looked up again', async () => {
    const { url } = await start(findInDatabase, { maxMerchants: 1 });
    for (const merchant of [one, two, one]) {
      await expect(statuses([send(url, merchant)])).resolves.toEqual([204]);
    }
    expect(lookups).toEqual([one.mchid, two.mchid, one.mchid]);
  });

  it('download their certificates once, however many notifications come', async () => {
    const merchant = await createTestMerchant({ mode: 'certificate' });
    const simulator = await WechatPaySimulator.start({ merchants: [merchant] });
    database.set(merchant.mchid, simulator.merchantOptions(merchant));
    const { url } = await start();
    const sent = Array.from({ length: 10 }, () => send(url, merchant));
    await expect(statuses(sent)).resolves.toEqual(Array.from({ length: 10 }, () => 204));
    await send(url, two, { path: merchant.mchid });

    expect(downloadsOf(simulator)).toHaveLength(1);
    await simulator.stop();
  });

  it('are looked up for calls, too', async () => {
    const simulator = await WechatPaySimulator.start({ merchants: [one] });
    database.set(one.mchid, simulator.merchantOptions(one));
    const { app } = await start();
    const complaints = app.get(ComplaintService);
    const { complaint } = await simulator.complain(one, {});
    const source = complaints.forMerchant(one.mchid).get(complaint.complaint_id);
    expect(lookups).toEqual([]);

    await expect(firstValueFrom(source)).resolves.toMatchObject({
      complainted_mchid: one.mchid,
    });
    expect(lookups).toEqual([one.mchid]);
    await simulator.stop();
  });
});

describe('A route that does not name the merchant', () => {
  @Controller('complaints')
  class UnnamedController {
    @Post()
    @ComplaintNotification()
    receive(): void {}
  }

  class OwnGuard extends ComplaintNotificationGuard {
    protected override getMerchant(): string | undefined {
      return one.mchid;
    }
  }

  it('keeps an app from starting that looks merchants up', async () => {
    const starting = startApp({
      imports: [WechatPayComplaintModule.forRoot({ merchants: { find: findInDatabase } })],
      controllers: [UnnamedController],
    });
    await expect(starting).rejects.toThrow(
      /UnnamedController\.receive does not name the merchant, .* Put :mchid into its path/,
    );
  });

  it.each(ADAPTERS)('is fine with a guard that does, on %s', async (adapter) => {
    @Controller('complaints')
    class GuardedController {
      @Post()
      @UseGuards(OwnGuard)
      receive(): void {
        handled.push('guarded');
      }
    }
    const { url } = await startApp({
      adapter,
      imports: [WechatPayComplaintModule.forRoot({ merchants: { find: findInDatabase } })],
      controllers: [GuardedController],
    });
    const { headers, body } = signComplaintNotification(one);

    await expect(httpPost(`${url}/complaints`, headers, body)).resolves.toMatchObject({
      status: 201,
    });
    expect(handled).toEqual(['guarded']);
  });
});
