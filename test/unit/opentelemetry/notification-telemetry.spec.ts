import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { trace } from '@opentelemetry/api';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import type { SingleMerchantOptions } from 'nestjs-wechatpay-complaint';
import {
  ComplaintNotificationException,
  type ComplaintNotificationReceiver,
  COMPLAINT_NOTIFICATION_RECEIVER,
} from 'nestjs-wechatpay-complaint';
import {
  createTestMerchant,
  signComplaintNotification,
  type TestMerchant,
} from 'nestjs-wechatpay-complaint/testing';
import { deferred } from '../../support/deferred.js';
import { closeModules, startModule } from '../../support/start-module.js';
import { parentOf, Telemetry } from '../../support/telemetry.js';
import { until } from '../../support/until.js';

let merchant: TestMerchant;
let telemetry: Telemetry;
let receiver: ComplaintNotificationReceiver;

beforeAll(async () => {
  merchant = await createTestMerchant();
});
beforeEach(async () => {
  telemetry = new Telemetry();
  await start();
});
afterEach(async () => {
  await closeModules();
  await telemetry.stop();
});

async function start(options: Partial<SingleMerchantOptions> = {}): Promise<void> {
  const { module } = await startModule({ ...merchant.options, ...options });
  receiver = module.get(COMPLAINT_NOTIFICATION_RECEIVER);
}

interface Signed {
  readonly id?: string;
  readonly tampered?: boolean;
  readonly listener?: string;
}

/** Receives a notification within the span of a request, as in an app whose HTTP is instrumented. */
function receive(
  { id = 'EV-1', tampered = false, listener }: Signed,
  handle: () => Promise<void> = () => Promise.resolve(),
): Promise<unknown> {
  const { headers, body } = signComplaintNotification(merchant, {
    id,
    complaint: { complaint_id: '2002', action_type: 'USER_RESPONSE' },
  });
  const names = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]);
  const request = {
    headers: Object.fromEntries(names) as Record<string, string>,
    rawBody: Buffer.from(tampered ? `${body} ` : body),
  };
  return telemetry
    .within('POST', async () => {
      const notification = await receiver.receive(request);
      await notification.process([{ handle, listener }]);
    })
    .catch((error: unknown) => error);
}

describe('The span of a notification', () => {
  it('is that of a consumer, by the conventions of messaging', async () => {
    await receive({});

    const [span] = telemetry.spans;
    expect(span).toMatchObject({
      name: 'process complaint-notifications',
      kind: SpanKind.CONSUMER,
      status: { code: SpanStatusCode.UNSET },
    });
    expect(span?.attributes).toEqual({
      'messaging.system': 'wechatpay',
      'messaging.operation.name': 'process',
      'messaging.operation.type': 'process',
      'messaging.destination.name': 'complaint-notifications',
      'messaging.message.id': 'EV-1',
      'wechatpay.mchid': merchant.mchid,
      'wechatpay.request_id': expect.stringMatching(/./),
      'wechatpay.event_type': 'COMPLAINT.CREATE',
      'wechatpay.action_type': 'USER_RESPONSE',
      'wechatpay.complaint_id': '2002',
    });
  });

  it('has the request as its parent, and what the handler does as its children', async () => {
    const tracer = telemetry.tracerProvider.getTracer('app');
    await receive({}, async () => {
      await Promise.resolve();
      tracer.startSpan('look up').end();
    });

    const { spans } = telemetry;
    expect(spans.map((span) => [span.name, parentOf(span, spans)])).toEqual([
      ['look up', 'process complaint-notifications'],
      ['process complaint-notifications', 'POST'],
      ['POST', undefined],
    ]);
  });

  it('leaves the context of the request as it was', async () => {
    let active: unknown;
    await telemetry.within('POST', async () => {
      await receive({});
      active = trace.getActiveSpan();
    });

    expect(active).toMatchObject({ name: 'POST' });
  });

  it.each([
    ['an error', new TypeError('locked'), 'TypeError', 'locked'],
    ['anything else', 'locked', 'string', undefined],
  ])('tells that the handler threw %s', async (_what, thrown, type, message) => {
    await receive({}, () => Promise.reject(thrown));

    const [span] = telemetry.spans;
    expect(span?.status.code).toBe(SpanStatusCode.ERROR);
    expect(span?.attributes).toMatchObject({ 'error.type': type });
    expect(span?.events[0]?.attributes?.['exception.message']).toBe(message);
  });

  it('tells that the handler threw at once', async () => {
    await receive({}, () => {
      throw new TypeError('locked');
    });

    expect(telemetry.spans[0]?.attributes).toMatchObject({ 'error.type': 'TypeError' });
  });

  it('lasts until a handler has ended that was too slow for the response', async () => {
    await start({ handlerTimeout: 20 });
    const gate = deferred<undefined>();

    await receive({}, () => gate.promise);
    expect(telemetry.spans.map(({ name }) => name)).toEqual(['POST']);
    gate.resolve(undefined);
    await until(() => telemetry.spans.length === 2);

    expect(telemetry.spans[1]?.name).toBe('process complaint-notifications');
  });

  it('is not there when the handler does not run; the span of the request tells why', async () => {
    await receive({});
    await receive({});
    const error = await receive({ tampered: true });

    expect(error).toBeInstanceOf(ComplaintNotificationException);
    expect(telemetry.spans.map(({ name, attributes }) => [name, attributes])).toEqual([
      ['process complaint-notifications', expect.anything()],
      ['POST', { 'wechatpay.notification.outcome': 'handled' }],
      ['POST', { 'wechatpay.notification.outcome': 'duplicate' }],
      [
        'POST',
        {
          'wechatpay.notification.outcome': 'rejected',
          'wechatpay.notification.code': 'SIGNATURE_MISMATCH',
        },
      ],
    ]);
  });
});

describe('The metrics of notifications', () => {
  it('count them by outcome and code', async () => {
    await receive({ id: 'EV-1' });
    await receive({ id: 'EV-2' });
    await receive({ id: 'EV-2' });
    await receive({ tampered: true });
    await receive({ id: 'EV-3' }, () => Promise.reject(new Error('locked')));

    const points = await telemetry.metric('wechatpay.notifications');
    const common = { 'wechatpay.mchid': merchant.mchid, 'wechatpay.notification.late': false };
    expect(points.map(({ value, attributes }) => [value, attributes])).toEqual([
      [2, { ...common, 'wechatpay.notification.outcome': 'handled' }],
      [1, { ...common, 'wechatpay.notification.outcome': 'duplicate' }],
      [
        1,
        {
          ...common,
          'wechatpay.notification.outcome': 'rejected',
          'wechatpay.notification.code': 'SIGNATURE_MISMATCH',
        },
      ],
      [1, { ...common, 'wechatpay.notification.outcome': 'failed' }],
    ]);
  });

  it('count each listener', async () => {
    await receive({ listener: 'Desk.open' });

    expect(await telemetry.metric('wechatpay.notifications')).toMatchObject([
      { attributes: { 'wechatpay.listener': 'Desk.open' }, value: 1 },
    ]);
    expect(telemetry.spans[0]?.attributes).toMatchObject({ 'wechatpay.listener': 'Desk.open' });
  });

  it('have the seconds of the handler, without and with an error', async () => {
    await receive({ id: 'EV-1' });
    await receive({ id: 'EV-2' }, () => Promise.reject(new TypeError('locked')));

    const points = await telemetry.metric('messaging.process.duration');
    const attributes = {
      'messaging.system': 'wechatpay',
      'messaging.operation.name': 'process',
      'messaging.operation.type': 'process',
      'messaging.destination.name': 'complaint-notifications',
    };
    expect(points).toMatchObject([
      { attributes, value: { count: 1 } },
      { attributes: { ...attributes, 'error.type': 'TypeError' }, value: { count: 1 } },
    ]);
    expect(points[0]?.attributes).toEqual(attributes);
  });
});
