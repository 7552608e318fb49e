import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  CALL_CHANNEL,
  type CallEvent,
  type ComplaintNotificationService,
  WechatPayApiError,
  WechatPayNetworkError,
} from 'nestjs-wechatpay-complaint';
import {
  createTestMerchant,
  type SimulatedFault,
  type TestMerchant,
} from 'nestjs-wechatpay-complaint/testing';
import type { Observable } from 'rxjs';
import {
  authorizationOf,
  closeAll,
  closedPort,
  errorOf,
  startBench,
  startClient,
  startServer,
  startSimulator,
  URL_PATH,
  valuesOf,
} from '../../support/client-bench.js';
import { until } from '../../support/until.js';

const URL_1 = 'https://shop.example.com/complaints';

let merchant: TestMerchant;
let events: CallEvent[] = [];

const record = (message: unknown): void => {
  events.push(message as CallEvent);
};

beforeAll(async () => {
  merchant = await createTestMerchant();
});
beforeEach(() => {
  events = [];
  subscribe(CALL_CHANNEL, record);
});
afterEach(async () => {
  unsubscribe(CALL_CHANNEL, record);
  await closeAll();
});

const RETRY = { attempts: 3, baseDelay: 5, maxDelay: 20, deadline: 5000 };
const BUSY: SimulatedFault = { status: 429, code: 'FREQUENCY_LIMITED', message: '频率超限' };
const BROKEN: SimulatedFault = { status: 500, code: 'SYSTEM_ERROR', message: '系统异常' };
const REFUSED: SimulatedFault = { status: 403, code: 'NO_AUTH', message: '无权限' };

type Call = (service: ComplaintNotificationService) => Observable<unknown>;

const GET: Call = (service) => service.get();
const PUT: Call = (service) => service.update({ url: URL_1 });
const POST: Call = (service) => service.create({ url: URL_1 });
const DELETE: Call = (service) => service.delete();

describe('A call that fails', () => {
  it.each<[what: string, fault: SimulatedFault]>([
    ['a dropped connection', 'drop'],
    ['a server error', BROKEN],
    ['a rate limit', BUSY],
    ['a probe', 'probe'],
  ])('with %s is sent again, signed anew, when it only reads', async (_what, fault) => {
    const { service, simulator, logger } = await startBench(merchant, { retry: RETRY });
    simulator.setRegisteredUrl(merchant, URL_1);
    simulator.injectFaults(fault, fault);
    await expect(valuesOf(service.get())).resolves.toEqual([{ mchid: merchant.mchid, url: URL_1 }]);
    const nonces = simulator.requests.map((request) => authorizationOf(request, 'nonce_str'));
    expect(new Set(nonces).size).toBe(3);
    expect(logger.ours('warn')).toEqual([
      expect.stringMatching(/attempt 1 of 3: again in \d+ ms on http/),
      expect.stringMatching(/attempt 2 of 3: again in \d+ ms on http/),
    ]);
    expect(events.map(({ outcome, target }) => [outcome, target])).toEqual([
      ['failed', URL_PATH],
      ['failed', URL_PATH],
      ['succeeded', URL_PATH],
    ]);
  });

  it.each<[name: string, call: Call, fault: SimulatedFault, sent: number]>([
    ['GET', GET, REFUSED, 1],
    ['GET', GET, 'tampered', 1],
    ['GET', GET, 'unsigned', 1],
    ['PUT', PUT, 'drop', 3],
    ['PUT', PUT, BROKEN, 3],
    ['POST', POST, 'drop', 1],
    ['POST', POST, BROKEN, 1],
    ['POST', POST, 'probe', 1],
    ['POST', POST, BUSY, 3],
    ['DELETE', DELETE, 'drop', 1],
    ['DELETE', DELETE, BROKEN, 1],
    ['DELETE', DELETE, BUSY, 3],
  ])(
    '%s is repeated only where that is safe and may help (%#)',
    async (_name, call, fault, sent) => {
      const { service, simulator } = await startBench(merchant, { retry: RETRY });
      simulator.setRegisteredUrl(merchant, URL_1);
      simulator.injectFaults(fault, fault, fault);
      await errorOf(call(service));
      expect(simulator.requests).toHaveLength(sent);
    },
  );

  it('ends with the last error once its attempts are used up', async () => {
    const { service, simulator } = await startBench(merchant, { retry: { ...RETRY, attempts: 2 } });
    simulator.injectFaults('drop', BROKEN, BROKEN);
    await expect(errorOf(service.get())).resolves.toMatchObject({ code: 'SYSTEM_ERROR' });
    expect(simulator.requests).toHaveLength(2);
  });

  it('is sent once with retry: false', async () => {
    const { service, simulator } = await startBench(merchant, { retry: false });
    simulator.injectFaults('drop');
    await expect(errorOf(service.get())).resolves.toBeInstanceOf(WechatPayNetworkError);
    expect(simulator.requests).toHaveLength(1);
  });

  it('waits for as long as Retry-After asks, or gives up when that is past the deadline', async () => {
    let requests = 0;
    const url = await startServer((_request, response) => {
      requests += 1;
      response.writeHead(429, { 'Retry-After': '60' });
      response.end('{"code":"FREQUENCY_LIMITED","message":"slow down"}');
    });
    const { service } = await startClient({ ...merchant.options, baseUrls: [url], retry: RETRY });
    const error = await errorOf(service.get());
    expect(error).toBeInstanceOf(WechatPayApiError);
    expect(error).toMatchObject({ code: 'FREQUENCY_LIMITED', retryAfter: 60_000 });
    expect(requests).toBe(1);
  });

  it('is cut off by the deadline, however many attempts are left', async () => {
    const { service, simulator } = await startBench(merchant, {
      timeout: 60,
      retry: { attempts: 100, baseDelay: 1, maxDelay: 1, deadline: 300 },
    });
    simulator.injectFaults(...Array.from({ length: 100 }, (): SimulatedFault => 'hang'));
    await expect(errorOf(service.get())).resolves.toMatchObject({ code: 'TIMEOUT' });
    expect(simulator.requests.length).toBeGreaterThan(1);
    expect(simulator.requests.length).toBeLessThan(100);
  });

  it('is cut off by a deadline that is shorter than the time limit', async () => {
    const { service, simulator } = await startBench(merchant, {
      timeout: 60_000,
      retry: { ...RETRY, deadline: 100 },
    });
    simulator.injectFaults('hang');
    await expect(errorOf(service.get())).resolves.toMatchObject({ code: 'TIMEOUT' });
    expect(events).toMatchObject([{ outcome: 'failed', code: 'TIMEOUT' }]);
  });

  it('that the caller gives up is told to the channel as well', async () => {
    const { service, simulator } = await startBench(merchant, { retry: RETRY });
    simulator.injectFaults('hang', 'hang');
    const aborter = new AbortController();
    const failure = errorOf(service.get({ signal: aborter.signal }));
    await until(() => simulator.requests.length === 1);
    aborter.abort();
    await failure;
    const subscription = service.get().subscribe({ error: () => undefined });
    await until(() => simulator.requests.length === 2);
    subscription.unsubscribe();
    expect(events).toMatchObject([
      { outcome: 'failed', code: 'ABORTED' },
      { outcome: 'failed', code: 'ABORTED' },
    ]);
  });

  it('stops between two attempts when the caller aborts or unsubscribes', async () => {
    const { service, simulator } = await startBench(merchant, {
      retry: { ...RETRY, baseDelay: 60_000, maxDelay: 60_000, deadline: 500_000 },
    });
    simulator.injectFaults('drop', 'drop');
    const aborter = new AbortController();
    const failure = errorOf(service.get({ signal: aborter.signal }));
    await until(() => events.length === 1);
    aborter.abort();
    await expect(failure).resolves.toMatchObject({ code: 'ABORTED' });
    const subscription = service.get().subscribe({ error: () => undefined });
    await until(() => events.length === 2);
    subscription.unsubscribe();
    expect(simulator.requests).toHaveLength(2);
  });
});

describe('With two base URLs, a call', () => {
  it.each<[name: string, call: Call]>([
    ['GET', GET],
    ['PUT', PUT],
    ['POST', POST],
  ])('(%s) whose first host refuses connections goes to the second', async (_name, call) => {
    const simulator = await startSimulator(merchant, {
      responses: { createWhenSet: 'succeed' },
    });
    simulator.setRegisteredUrl(merchant, URL_1);
    const dead = await closedPort();
    const { service, logger } = await startClient({
      ...merchant.options,
      baseUrls: [dead, simulator.url],
      retry: RETRY,
    });
    await expect(valuesOf(call(service))).resolves.toHaveLength(1);
    expect(events.map(({ baseUrl, outcome, code }) => [baseUrl, outcome, code])).toEqual([
      [dead, 'failed', 'ECONNREFUSED'],
      [simulator.url, 'succeeded', undefined],
    ]);
    expect(logger.ours('warn')[0]).toContain(`${dead} cannot be reached (ECONNREFUSED)`);
  });

  it('stays with the second during the cooldown, then tries the first again', async () => {
    const [first, second] = await Promise.all([startSimulator(merchant), startSimulator(merchant)]);
    for (const simulator of [first, second]) simulator.setRegisteredUrl(merchant, URL_1);
    const { service, logger } = await startClient({
      ...merchant.options,
      baseUrls: [first.url, second.url],
      retry: RETRY,
      failoverCooldown: 300,
    });
    first.injectFaults('drop');
    await valuesOf(service.get());
    await valuesOf(service.get());
    expect([first.requests.length, second.requests.length]).toEqual([1, 2]);
    const since = Date.now();
    await until(() => Date.now() - since > 350);
    await valuesOf(service.get());
    expect([first.requests.length, second.requests.length]).toEqual([2, 2]);
    expect(logger.ours('log')).toEqual([expect.stringContaining(`${first.url} is used again`)]);
  });

  it('stays with the first when that answers, even with errors', async () => {
    const [first, second] = await Promise.all([startSimulator(merchant), startSimulator(merchant)]);
    first.setRegisteredUrl(merchant, URL_1);
    const { service } = await startClient({
      ...merchant.options,
      baseUrls: [first.url, second.url],
      retry: RETRY,
    });
    first.injectFaults(BROKEN);
    await valuesOf(service.get());
    expect([first.requests.length, second.requests.length]).toEqual([2, 0]);
  });

  it('that the caller aborts says nothing against its host', async () => {
    const [first, second] = await Promise.all([startSimulator(merchant), startSimulator(merchant)]);
    first.setRegisteredUrl(merchant, URL_1);
    const { service } = await startClient({
      ...merchant.options,
      baseUrls: [first.url, second.url],
    });
    first.injectFaults('hang');
    const aborter = new AbortController();
    const failure = errorOf(service.get({ signal: aborter.signal }));
    await until(() => first.requests.length === 1);
    aborter.abort();
    await failure;
    await valuesOf(service.get());
    expect(second.requests).toEqual([]);
  });

  it('with both out of reach goes on trying both', async () => {
    const [first, second] = [await closedPort(), await closedPort()];
    const { service } = await startClient({
      ...merchant.options,
      baseUrls: [first, second],
      retry: { ...RETRY, attempts: 4 },
    });
    await errorOf(service.get());
    expect(events.map(({ baseUrl }) => baseUrl)).toEqual([first, second, first, second]);
  });
});
