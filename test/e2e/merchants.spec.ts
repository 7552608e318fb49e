import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, Post } from '@nestjs/common';
import {
  ComplaintNotification,
  type ComplaintNotificationPayload,
  ComplaintPayload,
  ComplaintService,
  type IncomingRequest,
  NOTIFICATION_CHANNEL,
  type NotificationEvent,
  type SeveralMerchantsOptions,
  WechatPayComplaintModule,
} from 'nestjs-wechatpay-complaint';
import {
  type ComplaintNotificationContent,
  createTestMerchant,
  type SignatureOptions,
  signComplaintNotification,
  type TestMerchant,
  WechatPaySimulator,
} from 'nestjs-wechatpay-complaint/testing';
import { firstValueFrom } from 'rxjs';
import { ControlledStore } from '../support/controlled-store.js';
import { type HttpResponse, httpPost } from '../support/http-post.js';
import { ADAPTERS, closeApps, type RunningApp, startApp } from '../support/start-app.js';

type Signing = ComplaintNotificationContent & SignatureOptions;

let one: TestMerchant;
let two: TestMerchant;
/** Not a merchant of the app. */
let stranger: TestMerchant;
let handled: ComplaintNotificationPayload[] = [];
let events: NotificationEvent[] = [];

const record = (message: unknown): void => {
  events.push(message as NotificationEvent);
};

beforeAll(async () => {
  [one, two, stranger] = await Promise.all([
    createTestMerchant(),
    createTestMerchant(),
    createTestMerchant(),
  ]);
});
beforeEach(() => {
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
  @Post('complaints')
  @ComplaintNotification()
  unnamed(@ComplaintPayload() notification: ComplaintNotificationPayload): void {
    handled.push(notification);
  }

  @Post('by-path/:mchid/complaints')
  @ComplaintNotification()
  byPath(@ComplaintPayload() notification: ComplaintNotificationPayload): void {
    handled.push(notification);
  }

  @Post('by-header')
  @ComplaintNotification({
    merchant: ({ headers }: IncomingRequest) => headers['x-merchant']?.toString(),
  })
  byHeader(@ComplaintPayload() notification: ComplaintNotificationPayload): void {
    handled.push(notification);
  }
}

/** What was handled, as `mchid id`. */
const handledBy = (): string[] => handled.map(({ mchid, id }) => `${mchid} ${id}`);

function send(
  url: string,
  merchant: TestMerchant,
  signing: Signing = {},
  headers: Record<string, string> = {},
): Promise<HttpResponse> {
  const signed = signComplaintNotification(merchant, signing);
  return httpPost(url, { ...signed.headers, ...headers }, signed.body);
}

const SERIAL_UNKNOWN = {
  status: 401,
  text: '{"code":"FAIL","message":"The serial is not known"}',
};

describe.each(ADAPTERS)('Several merchants in one app, on %s', (adapter) => {
  function start(options: Partial<SeveralMerchantsOptions> = {}): Promise<RunningApp> {
    return startApp({
      adapter,
      imports: [
        WechatPayComplaintModule.forRoot({
          merchants: [one.merchantOptions, two.merchantOptions],
          ...options,
        }),
      ],
      controllers: [ComplaintsController],
    });
  }

  describe('on a route that names none', () => {
    it('each get their notifications, by the keys that verify and decrypt', async () => {
      const { url, logger } = await start();
      await expect(send(`${url}/complaints`, one, { id: 'EV-1' })).resolves.toMatchObject({
        status: 204,
      });
      await send(`${url}/complaints`, two, { id: 'EV-2' });

      expect(handledBy()).toEqual([`${one.mchid} EV-1`, `${two.mchid} EV-2`]);
      expect(events.map(({ mchid, outcome }) => [mchid, outcome])).toEqual([
        [one.mchid, 'handled'],
        [two.mchid, 'handled'],
      ]);
      expect(logger.problems()).toEqual([]);
    });

    it('may have notifications with the same id: each is handled once', async () => {
      const { url } = await start();
      for (const merchant of [one, two, one, two]) {
        await send(`${url}/complaints`, merchant, { id: 'EV-1' });
      }

      expect(handledBy()).toEqual([`${one.mchid} EV-1`, `${two.mchid} EV-1`]);
      expect(events.map(({ outcome }) => outcome)).toEqual([
        'handled',
        'handled',
        'duplicate',
        'duplicate',
      ]);
    });

    it('may have the same id while the store is away: each is remembered by itself', async () => {
      const store = new ControlledStore();
      const { url } = await start({ store });
      store.failing.add('complete');
      for (const merchant of [one, two, one, two]) {
        const { status } = await send(`${url}/complaints`, merchant, { id: 'EV-1' });
        expect(status).toBe(204);
      }

      expect(handledBy()).toEqual([`${one.mchid} EV-1`, `${two.mchid} EV-1`]);
    });

    it('reject a notification of somebody else', async () => {
      const { url, logger } = await start();

      await expect(send(`${url}/complaints`, stranger)).resolves.toMatchObject(SERIAL_UNKNOWN);
      expect(handled).toEqual([]);
      expect(events).toMatchObject([{ outcome: 'rejected', code: 'UNKNOWN_SERIAL' }]);
      expect(events[0]?.mchid).toBeUndefined();
      expect(logger.problems()).toEqual([expect.stringContaining(stranger.publicKey.id)]);
    });

    it('reject what one key signed and the other merchant encrypted', async () => {
      const { url } = await start();
      const response = await send(`${url}/complaints`, one, { signWith: two.publicKey });

      expect(response.status).toBe(400);
      expect(handled).toEqual([]);
      expect(events).toMatchObject([{ outcome: 'rejected', code: 'DECRYPTION_FAILED' }]);
    });

    it('reject what one key signed under the serial of the other', async () => {
      const { url } = await start();
      const signWith = { ...one.publicKey, id: two.publicKey.id };

      await expect(send(`${url}/complaints`, one, { signWith })).resolves.toMatchObject({
        status: 401,
      });
      expect(events).toMatchObject([{ outcome: 'rejected', code: 'SIGNATURE_MISMATCH' }]);
    });
  });

  describe('with one platform key', () => {
    const withSharedKey = ({ merchantOptions }: TestMerchant) => ({
      ...merchantOptions,
      platformKeys: { [one.platformCertificate.id]: one.platformCertificate.pem },
    });

    it('are told apart by the APIv3 key that decrypts', async () => {
      const { url } = await start({ merchants: [withSharedKey(one), withSharedKey(two)] });
      for (const merchant of [one, two, one]) {
        const signWith = one.platformCertificate;
        const { status } = await send(`${url}/complaints`, merchant, { signWith });
        expect(status).toBe(204);
      }

      expect(handled.map(({ mchid }) => mchid)).toEqual([one.mchid, two.mchid, one.mchid]);
    });

    it('reject what was encrypted for neither', async () => {
      const { url, logger } = await start({ merchants: [withSharedKey(one), withSharedKey(two)] });
      const signWith = one.platformCertificate;
      const { status } = await send(`${url}/complaints`, stranger, { signWith });

      expect(status).toBe(400);
      expect(events).toMatchObject([{ code: 'DECRYPTION_FAILED' }]);
      expect(logger.problems()).toEqual([expect.stringContaining('the apiV3Key of none')]);
    });

    it('reject a notification for the other one on the path of one', async () => {
      const { url } = await start({ merchants: [withSharedKey(one), withSharedKey(two)] });
      const signWith = one.platformCertificate;
      const path = `${url}/by-path/${one.mchid}/complaints`;

      await expect(send(path, two, { signWith })).resolves.toMatchObject({ status: 400 });
      await expect(send(path, one, { signWith })).resolves.toMatchObject({ status: 204 });
      expect(handled.map(({ mchid }) => mchid)).toEqual([one.mchid]);
    });
  });

  describe('on a route that names one', () => {
    it('get what is theirs', async () => {
      const { url } = await start();
      for (const merchant of [one, two]) {
        const { status } = await send(`${url}/by-path/${merchant.mchid}/complaints`, merchant);
        expect(status).toBe(204);
      }

      expect(handled.map(({ mchid }) => mchid)).toEqual([one.mchid, two.mchid]);
    });

    it.each<[path: string, code: string, mchid: () => string | undefined]>([
      ['two', 'UNKNOWN_SERIAL', () => two.mchid],
      ['stranger', 'UNKNOWN_MERCHANT', () => undefined],
      ['no-mchid', 'UNKNOWN_MERCHANT', () => undefined],
    ])('reject a genuine notification on the path of %s', async (path, code, mchid) => {
      const { url } = await start();
      const names: Record<string, string> = { two: two.mchid, stranger: stranger.mchid };
      const response = await send(`${url}/by-path/${names[path] ?? path}/complaints`, one);

      expect(response).toMatchObject(SERIAL_UNKNOWN);
      expect(handled).toEqual([]);
      expect(events).toMatchObject([{ outcome: 'rejected', code }]);
      expect(events[0]?.mchid).toBe(mchid());
    });

    it('are found by what the decorator reads', async () => {
      const { url } = await start();
      const path = `${url}/by-header`;

      await expect(send(path, one, {}, { 'X-Merchant': one.mchid })).resolves.toMatchObject({
        status: 204,
      });
      await expect(send(path, one, {}, { 'X-Merchant': two.mchid })).resolves.toMatchObject(
        SERIAL_UNKNOWN,
      );
      await expect(send(path, one)).resolves.toMatchObject(SERIAL_UNKNOWN);
      expect(handled).toHaveLength(1);
    });
  });

  it('act through the service of each one', async () => {
    const simulator = await WechatPaySimulator.start({ merchants: [one, two] });
    const { app } = await start({
      merchants: [simulator.merchantOptions(one), simulator.merchantOptions(two)],
    });
    const service = app.get(ComplaintService);
    for (const merchant of [one, two]) {
      const { complaint } = await simulator.complain(merchant, {
        complaint_detail: merchant.mchid,
      });
      const found = await firstValueFrom(
        service.forMerchant(merchant.mchid).get(complaint.complaint_id),
      );
      expect(found.complainted_mchid).toBe(merchant.mchid);
    }
    await simulator.stop();

    expect(new Set(simulator.requests.map(({ headers }) => headers.authorization)).size).toBe(2);
  });
});

describe('An app with one merchant', () => {
  it('rejects what a path names another merchant for', async () => {
    const { url } = await startApp({
      imports: [WechatPayComplaintModule.forRoot(one.options)],
      controllers: [ComplaintsController],
    });

    await expect(send(`${url}/by-path/${one.mchid}/complaints`, one)).resolves.toMatchObject({
      status: 204,
    });
    await expect(send(`${url}/by-path/${two.mchid}/complaints`, one)).resolves.toMatchObject(
      SERIAL_UNKNOWN,
    );
  });
});
