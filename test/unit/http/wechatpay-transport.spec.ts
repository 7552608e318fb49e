import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  CALL_CHANNEL,
  type CallEvent,
  type ComplaintNotificationService,
  WechatPayApiError,
  type SingleMerchantOptions,
  WechatPayNetworkError,
  type WechatPayRequestConfig,
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
const FORBIDDEN: SimulatedFault = { status: 403, code: 'NO_AUTH', message: '无权限' };

type Call = (service: ComplaintNotificationService) => Observable<unknown>;

const GET: Call = (service) => service.get();
const PUT: Call = (service) => service.update({ url: URL_1 });
const POST: Call = (service) => service.create({ url: URL_1 });
const DELETE: Call = (service) => service.delete();

describe('A request that fails', () => {
  it.each<[what: string, fault: SimulatedFault]>([
    ['a dropped connection', 'drop'],
    ['a server error', BROKEN],
    ['a rate limit', BUSY],
    ['a probe', 'probe'],
  ])('with %s is retried, signed anew, when it only reads', async (_what, fault) => {
    const { service, simulator, logger } = await startBench(merchant, { retry: RETRY });
    simulator.setRegisteredUrl(merchant, URL_1);
    simulator.injectFaults(fault, fault);
    await expect(valuesOf(service.get())).resolves.toEqual([{ mchid: merchant.mchid, url: URL_1 }]);
    const nonces = simulator.requests.map((request) => authorizationOf(request, 'nonce_str'));
    expect(new Set(nonces).size).toBe(3);
    expect(logger.ours('warn')).toEqual([
      expect.stringMatching(/^Attempt 1 of 3 of GET .* Retrying in \d+ ms on http/),
      expect.stringMatching(/^Attempt 2 of 3 of GET .* Retrying in \d+ ms on http/),
    ]);
    expect(events.map(({ outcome, target }) => [outcome, target])).toEqual([
      ['failed', URL_PATH],
      ['failed', URL_PATH],
      ['succeeded', URL_PATH],
    ]);
  });

  it.each<[name: string, call: Call, fault: SimulatedFault, sent: number]>([
    ['GET', GET, FORBIDDEN, 1],
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
    '%s is retried only where that is safe and may help (%#)',
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

  it('is not retried when Retry-After asks for a pause beyond the deadline', async () => {
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

  it('is ended by the deadline with attempts left', async () => {
    const { service, simulator } = await startBench(merchant, {
      timeout: 60,
      retry: { attempts: 100, baseDelay: 1, maxDelay: 1, deadline: 300 },
    });
    simulator.injectFaults(...Array.from({ length: 100 }, (): SimulatedFault => 'hang'));
    await expect(errorOf(service.get())).resolves.toMatchObject({ code: 'TIMEOUT' });
    expect(simulator.requests.length).toBeGreaterThan(1);
    expect(simulator.requests.length).toBeLessThan(100);
  });

  it('is ended by a deadline that is shorter than the time limit', async () => {
    const { service, simulator } = await startBench(merchant, {
      timeout: 60_000,
      retry: { ...RETRY, deadline: 100 },
    });
    simulator.injectFaults('hang');
    await expect(errorOf(service.get())).resolves.toMatchObject({ code: 'TIMEOUT' });
    expect(events).toMatchObject([{ outcome: 'failed', code: 'TIMEOUT' }]);
  });

  describe('in an attempt that the deadline cuts short', () => {
    const CUT_SHORT = { ...RETRY, deadline: 1000 };

    /** The first attempt meets a rate limit; the second gets no response in the time that is left. */
    async function start() {
      const bench = await startBench(merchant, { timeout: 60_000, retry: CUT_SHORT });
      bench.simulator.injectFaults(BUSY, 'hang');
      return bench;
    }

    it('ends with the error of the attempt before, which explains more', async () => {
      const { service, simulator } = await start();
      await expect(errorOf(service.get())).resolves.toMatchObject({ code: 'FREQUENCY_LIMITED' });
      expect(simulator.requests).toHaveLength(2);
      expect(events.map(({ code }) => code)).toEqual(['FREQUENCY_LIMITED', 'TIMEOUT']);
    });

    it('ends with TIMEOUT when it may have taken effect', async () => {
      const { service, simulator } = await start();
      await expect(errorOf(service.create({ url: URL_1 }))).resolves.toMatchObject({
        code: 'TIMEOUT',
      });
      expect(simulator.requests).toHaveLength(2);
    });

    it('ends with TIMEOUT when it is the only attempt', async () => {
      const { service, simulator } = await startBench(merchant, {
        timeout: 60_000,
        retry: CUT_SHORT,
      });
      simulator.injectFaults('hang');
      await expect(errorOf(service.get())).resolves.toMatchObject({ code: 'TIMEOUT' });
    });

    it('ends with any other error of the last attempt', async () => {
      const { service, simulator } = await startBench(merchant, {
        timeout: 60_000,
        retry: { ...RETRY, attempts: 2, deadline: 5000 },
      });
      simulator.injectFaults(BUSY, BROKEN);
      await expect(errorOf(service.get())).resolves.toMatchObject({ code: 'SYSTEM_ERROR' });
    });
  });

  it('because it was aborted or unsubscribed from is published as well', async () => {
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

  it('is not retried once it is aborted or unsubscribed from', async () => {
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

describe('With two base URLs, a request', () => {
  it.each<[name: string, call: Call]>([
    ['GET', GET],
    ['PUT', PUT],
    ['POST', POST],
  ])('(%s) goes to the second when the first refuses connections', async (_name, call) => {
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
    expect(logger.ours('warn')[0]).toContain(
      `${dead} cannot be reached (ECONNREFUSED). Requests go to ${simulator.url}`,
    );
  });

  it('goes to the second during the cooldown, and to the first afterwards', async () => {
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
    await delay(350);
    await valuesOf(service.get());
    expect([first.requests.length, second.requests.length]).toEqual([2, 2]);
    expect(logger.ours('log')).toEqual([
      expect.stringContaining(`Requests go to ${first.url} again.`),
    ]);
  });

  it('keeps to the first when that responds, even with errors', async () => {
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

  it('keeps to the first when the caller aborts a request', async () => {
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

  describe('that gets no response in time', () => {
    /** Two healthy hosts, the first of which does not respond to the first request. */
    async function start(options: Partial<SingleMerchantOptions>) {
      const [first, second] = await Promise.all([
        startSimulator(merchant),
        startSimulator(merchant),
      ]);
      for (const simulator of [first, second]) simulator.setRegisteredUrl(merchant, URL_1);
      first.injectFaults('hang');
      const { service, logger } = await startClient({
        ...merchant.options,
        baseUrls: [first.url, second.url],
        ...options,
      });
      return { first, second, service, logger };
    }

    it('keeps to the first when it had less time than usual: that host may only be slow', async () => {
      const { first, second, service, logger } = await start({ timeout: 60_000 });
      await expect(errorOf(service.get({ timeout: 300 }))).resolves.toMatchObject({
        code: 'TIMEOUT',
      });
      await valuesOf(service.get({ timeout: 5000 }));
      expect([first.requests.length, second.requests.length]).toEqual([2, 0]);
      expect(logger.ours('warn')).toEqual([]);
    });

    it('keeps to the first when the deadline left it less time than usual', async () => {
      const first = await startSimulator(merchant);
      const second = await startSimulator(merchant);
      first.setRegisteredUrl(merchant, URL_1);
      first.injectFaults(BUSY, 'hang');
      const { service } = await startClient({
        ...merchant.options,
        baseUrls: [first.url, second.url],
        timeout: 60_000,
        retry: { ...RETRY, deadline: 1000 },
      });
      await errorOf(service.get());
      await valuesOf(service.get({ timeout: 5000 }));
      expect([first.requests.length, second.requests.length]).toEqual([3, 0]);
    });

    it.each<[what: string, config: WechatPayRequestConfig | undefined]>([
      ['the usual time', undefined],
      ['more than the usual time', { timeout: 100 }],
    ])('goes to the second when it had %s', async (_what, config) => {
      const { second, service } = await start({ timeout: 50 });
      await expect(errorOf(service.get(config))).resolves.toMatchObject({ code: 'TIMEOUT' });
      await valuesOf(service.get({ timeout: 5000 }));
      expect(second.requests).toHaveLength(1);
    });

    it('goes to the second when it had all the time that a short deadline grants', async () => {
      const { second, service } = await start({
        timeout: 60_000,
        retry: { ...RETRY, attempts: 1, deadline: 50 },
      });
      await expect(errorOf(service.get())).resolves.toMatchObject({ code: 'TIMEOUT' });
      await valuesOf(service.get({ timeout: 5000 }));
      expect(second.requests).toHaveLength(1);
    });
  });

  it('alternates between both while both are unreachable', async () => {
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
