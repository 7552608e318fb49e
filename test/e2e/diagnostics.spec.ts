import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, Post } from '@nestjs/common';
import {
  ComplaintNotification,
  ComplaintPayload,
  NOTIFICATION_CHANNEL,
  type NotificationEvent,
  WechatPayComplaintModule,
} from 'nestjs-wechatpay-complaint';
import {
  createTestMerchant,
  signComplaintNotification,
  type TestMerchant,
} from 'nestjs-wechatpay-complaint/testing';
import { type Deferred, deferred } from '../support/deferred.js';
import { httpPost } from '../support/http-post.js';
import { ADAPTERS, closeApps, startApp } from '../support/start-app.js';
import { until } from '../support/until.js';

let merchant: TestMerchant;
let events: NotificationEvent[] = [];
let handle: (id: string) => unknown;

const record = (message: unknown): void => {
  events.push(message as NotificationEvent);
};

beforeAll(async () => {
  merchant = await createTestMerchant();
});
beforeEach(() => {
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
  receive(@ComplaintPayload('id') id: string): unknown {
    return handle(id);
  }
}

describe.each(ADAPTERS)('The diagnostics channel, on %s', (adapter) => {
  it('has one event for each delivery, and one more for a handler that ends late', async () => {
    const gates = new Map<string, Deferred<undefined>>();
    handle = async (id) => {
      if (id === 'EV-fails') throw new Error('locked');
      await gates.get(id)?.promise;
      if (id === 'EV-fails-late') throw new Error('locked');
    };
    const { url } = await startApp({
      adapter,
      imports: [WechatPayComplaintModule.forRoot({ ...merchant.options, handlerTimeout: 100 })],
      controllers: [ComplaintsController],
    });
    const requestIds: (string | undefined)[] = [];
    const send = async (id: string, change = ''): Promise<number> => {
      const { headers, body } = signComplaintNotification(merchant, { id });
      requestIds.push(headers['Request-ID']);
      return (await httpPost(`${url}/complaints`, headers, `${body}${change}`)).status;
    };
    const releaseLate = async (id: string): Promise<void> => {
      const count = events.length;
      gates.get(id)?.resolve(undefined);
      await until(() => events.length > count);
    };
    for (const id of ['EV-late', 'EV-fails-late']) gates.set(id, deferred());

    const statuses = [
      await send('EV-handled'),
      await send('EV-handled'),
      await send('EV-handled', ' '),
      await send('EV-fails'),
      await send('EV-late'),
      await send('EV-late'),
    ];
    await releaseLate('EV-late');
    statuses.push(await send('EV-fails-late'));
    await releaseLate('EV-fails-late');

    expect(statuses).toEqual([204, 204, 401, 500, 503, 409, 503]);
    const event = (delivery: number, fields: object): object => ({
      mchid: merchant.mchid,
      origin: 'notification',
      requestId: requestIds[delivery],
      late: false,
      code: undefined,
      duration: expect.any(Number),
      ...fields,
    });
    expect(events).toEqual([
      event(0, { outcome: 'handled', id: 'EV-handled' }),
      event(1, { outcome: 'duplicate', id: 'EV-handled' }),
      // It is not known to be genuine, so it has no id.
      event(2, { origin: undefined, outcome: 'rejected', code: 'SIGNATURE_MISMATCH' }),
      event(3, { outcome: 'failed', id: 'EV-fails' }),
      event(4, { outcome: 'deferred', code: 'HANDLER_TIMEOUT', id: 'EV-late' }),
      event(5, { outcome: 'deferred', code: 'IN_PROGRESS', id: 'EV-late' }),
      event(4, { outcome: 'handled', id: 'EV-late', late: true }),
      event(6, { outcome: 'deferred', code: 'HANDLER_TIMEOUT', id: 'EV-fails-late' }),
      event(6, { outcome: 'failed', id: 'EV-fails-late', late: true }),
    ]);
    expect(events[2]).not.toHaveProperty('id');
  });
});
