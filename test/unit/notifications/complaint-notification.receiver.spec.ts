import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  COMPLAINT_NOTIFICATION_RECEIVER,
  type ComplaintNotificationReceiver,
  type IncomingRequest,
  NOTIFICATION_CHANNEL,
} from 'nestjs-wechatpay-complaint';
import {
  createTestMerchant,
  signComplaintNotification,
  type TestMerchant,
} from 'nestjs-wechatpay-complaint/testing';
import type { RecordingLogger } from '../../support/recording-logger.js';
import { closeModules, startModule } from '../../support/start-module.js';

let merchant: TestMerchant;
let receiver: ComplaintNotificationReceiver;
let logger: RecordingLogger;
let events: unknown[] = [];

const record = (message: unknown): void => {
  events.push(message);
};

beforeAll(async () => {
  merchant = await createTestMerchant();
});
beforeEach(async () => {
  events = [];
  subscribe(NOTIFICATION_CHANNEL, record);
  const started = await startModule(merchant.options);
  logger = started.logger;
  receiver = started.module.get<ComplaintNotificationReceiver>(COMPLAINT_NOTIFICATION_RECEIVER);
});
afterEach(async () => {
  unsubscribe(NOTIFICATION_CHANNEL, record);
  await closeModules();
});

/** A request as a framework hands it over, with lower-case header names. */
function request(
  id: string,
  body: (text: string) => Omit<IncomingRequest, 'headers'>,
): IncomingRequest {
  const signed = signComplaintNotification(merchant, { id });
  const headers = Object.fromEntries(
    Object.entries(signed.headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
  return { headers, ...body(signed.body) };
}

describe('ComplaintNotificationReceiver', () => {
  it.each<[where: string, body: (text: string) => Omit<IncomingRequest, 'headers'>]>([
    ['rawBody', (text) => ({ rawBody: Buffer.from(text), body: {} })],
    ['body', (text) => ({ body: Buffer.from(text) })],
  ])('receives a notification whose bytes are in %s', async (_where, body) => {
    const notification = await receiver.receive(request('EV-1', body));
    expect(notification.payload).toMatchObject({ id: 'EV-1', mchid: merchant.mchid });
    expect(events).toEqual([]);
  });

  it('gives a notification that is processed once', async () => {
    let runs = 0;
    const handle = (): Promise<void> => {
      runs += 1;
      return Promise.resolve();
    };
    for (let delivery = 0; delivery < 2; delivery += 1) {
      const incoming = request('EV-1', (text) => ({ rawBody: Buffer.from(text) }));
      const notification = await receiver.receive(incoming);
      await notification.process([{ handle }]);
    }
    expect(runs).toBe(1);
  });

  it.each(['rawBody', 'body'] as const)('rejects text in %s: keep the Buffer', async (property) => {
    const incoming = request('EV-1', (text) => ({ [property]: text }));
    await expect(receiver.receive(incoming)).rejects.toMatchObject({
      code: 'RAW_BODY_UNAVAILABLE',
      requestId: incoming.headers['request-id'],
      detail: expect.stringContaining(
        `in request.${property}. The signature covers the exact bytes: keep the Buffer.`,
      ),
    });
  });

  it('rejects a body that nothing kept, with advice', async () => {
    const incoming = request('EV-1', (text) => ({ body: JSON.parse(text) as unknown }));
    await expect(receiver.receive(incoming)).rejects.toMatchObject({
      code: 'RAW_BODY_UNAVAILABLE',
      detail: expect.stringContaining('rawBody: true'),
    });
  });

  it('logs and publishes each rejection', async () => {
    const incoming = request('EV-1', (text) => ({ rawBody: Buffer.from(`${text} `) }));
    await expect(receiver.receive(incoming)).rejects.toMatchObject({ code: 'SIGNATURE_MISMATCH' });
    const requestId = incoming.headers['request-id'];
    expect(logger.problems()).toEqual([
      expect.stringMatching(
        `^Notification rejected \\(SIGNATURE_MISMATCH\\): .*\\(Request-ID ${String(requestId)}\\)`,
      ),
    ]);
    expect(events).toEqual([
      {
        mchid: merchant.mchid,
        outcome: 'rejected',
        code: 'SIGNATURE_MISMATCH',
        requestId,
        late: false,
        duration: expect.any(Number),
      },
    ]);
  });

  it('rejects another content type before it looks at anything else', async () => {
    await expect(
      receiver.receive({ headers: { 'content-type': 'text/plain' } }),
    ).rejects.toMatchObject({ code: 'UNSUPPORTED_CONTENT_TYPE' });
    expect(logger.problems()).toEqual([]);
  });

  it('summarises a flood on shutdown', async () => {
    for (let count = 0; count < 8; count += 1) {
      await receiver
        .receive(request('EV-1', () => ({ rawBody: Buffer.from('{}') })))
        .catch(() => undefined);
    }
    await closeModules();
    expect(logger.problems()).toHaveLength(6);
    expect(logger.problems().at(-1)).toContain(
      '8 notifications were rejected (SIGNATURE_MISMATCH)',
    );
    expect(events).toHaveLength(8);
  });
});
