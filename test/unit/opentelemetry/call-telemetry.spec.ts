import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { createTestMerchant, type TestMerchant } from 'nestjs-wechatpay-complaint/testing';
import { closeAll, errorOf, startBench, valuesOf } from '../../support/client-bench.js';
import { parentOf, Telemetry } from '../../support/telemetry.js';

const URL_1 = 'https://shop.example.com/complaints';
const TARGET = '/v3/merchant-service/complaint-notifications';
const RETRY = { attempts: 3, baseDelay: 5, maxDelay: 20, deadline: 5000 };
const BROKEN = { status: 500, code: 'SYSTEM_ERROR', message: '系统异常' };
const FORBIDDEN = { status: 403, code: 'NO_AUTH', message: '无权限' };

let merchant: TestMerchant;
let telemetry: Telemetry;

beforeAll(async () => {
  merchant = await createTestMerchant();
});
beforeEach(() => {
  telemetry = new Telemetry();
});
afterEach(async () => {
  await closeAll();
  await telemetry.stop();
});

describe('The span of a call', () => {
  it('is that of a client, with all attempts', async () => {
    const { service, simulator } = await startBench(merchant, { retry: RETRY });
    simulator.setRegisteredUrl(merchant, URL_1);
    simulator.injectFaults(BROKEN);

    await valuesOf(service.get());

    expect(telemetry.spans).toHaveLength(1);
    const [span] = telemetry.spans;
    expect(span).toMatchObject({
      name: `GET ${TARGET}`,
      kind: SpanKind.CLIENT,
      status: { code: SpanStatusCode.UNSET },
    });
    expect(span?.attributes).toEqual({
      'http.request.method': 'GET',
      'url.template': TARGET,
      'url.path': TARGET,
      'server.address': '127.0.0.1',
      'http.response.status_code': 200,
      'http.request.resend_count': 1,
      'wechatpay.mchid': merchant.mchid,
      'wechatpay.request_id': expect.stringMatching(/./),
    });
  });

  it('has the code of the error, and its message', async () => {
    const { complaints, simulator } = await startBench(merchant);
    simulator.injectFaults(FORBIDDEN);

    const error = await errorOf(complaints.get('2002'));

    const [span] = telemetry.spans;
    expect(span?.name).toBe('GET /v3/merchant-service/complaints-v2/{complaint_id}');
    expect(span?.attributes).toMatchObject({
      'error.type': 'NO_AUTH',
      'http.response.status_code': 403,
      'url.path': '/v3/merchant-service/complaints-v2/2002',
    });
    expect(span?.status).toEqual({
      code: SpanStatusCode.ERROR,
      message: expect.stringContaining('无权限'),
    });
    expect(error).toMatchObject({ message: span?.status.message });
  });

  it('tells a call that was given up', async () => {
    const { service, simulator } = await startBench(merchant);
    simulator.injectFaults('hang');

    service.get().subscribe().unsubscribe();

    expect(telemetry.spans).toMatchObject([
      { attributes: { 'error.type': 'ABORTED' }, status: { code: SpanStatusCode.ERROR } },
    ]);
  });

  it('belongs to what makes the call, not to the call before it', async () => {
    const { service } = await startBench(merchant);

    // It reads, and then it creates.
    await telemetry.within('job', () => valuesOf(service.ensure({ url: URL_1 })));

    const { spans } = telemetry;
    expect(spans.map((span) => [span.name, parentOf(span, spans)])).toEqual([
      [`GET ${TARGET}`, 'job'],
      [`POST ${TARGET}`, 'job'],
      ['job', undefined],
    ]);
  });
});

describe('The metrics of calls', () => {
  it('have their seconds by outcome, and the retries', async () => {
    const { service, complaints, simulator } = await startBench(merchant, { retry: RETRY });
    simulator.setRegisteredUrl(merchant, URL_1);
    simulator.injectFaults(BROKEN, BROKEN);
    await valuesOf(service.get());
    simulator.injectFaults(FORBIDDEN);
    await errorOf(complaints.get('2002'));

    const durations = await telemetry.metric('wechatpay.call.duration');
    const get = {
      'http.request.method': 'GET',
      'url.template': TARGET,
      'wechatpay.mchid': merchant.mchid,
    };
    expect(durations.map(({ attributes }) => attributes)).toEqual([
      get,
      {
        ...get,
        'url.template': '/v3/merchant-service/complaints-v2/{complaint_id}',
        'error.type': 'NO_AUTH',
      },
    ]);
    expect(durations).toMatchObject([{ value: { count: 1 } }, { value: { count: 1 } }]);
    expect(await telemetry.metric('wechatpay.call.retries')).toMatchObject([
      { value: 2, attributes: get },
    ]);
  });
});
