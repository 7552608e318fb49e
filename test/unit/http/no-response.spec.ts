import { getEventListeners, once } from 'node:events';
import { Agent } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  WechatPayError,
  WechatPayNetworkError,
  type WechatPayRequestConfig,
} from 'nestjs-wechatpay-complaint';
import { createTestMerchant, type TestMerchant } from 'nestjs-wechatpay-complaint/testing';
import {
  closeAll,
  lookupTwo,
  closedPort,
  errorOf,
  startBench,
  startClient,
  startServer,
  URL_PATH,
  valuesOf,
} from '../../support/client-bench.js';
import { CALLS, URL_NEW } from '../../support/callback-url-calls.js';

/** Longer than any test may run: a call that ends was ended by something else. */
const NEVER = 600_000;
const MEBIBYTE = 1024 * 1024;

describe('A call without a response', () => {
  let merchant: TestMerchant;
  beforeAll(async () => {
    merchant = await createTestMerchant();
  });
  afterEach(closeAll);

  it.each(CALLS)('fails $name with the code of Node when no server listens', async (call) => {
    const { service } = await startClient({ ...merchant.options, baseUrls: [await closedPort()] });

    const error = await errorOf(call.run(service));

    expect(error).toBeInstanceOf(WechatPayNetworkError);
    expect(error).toBeInstanceOf(WechatPayError);
    expect(error).toMatchObject({
      name: 'WechatPayNetworkError',
      code: 'ECONNREFUSED',
      message: expect.stringContaining(
        `${call.method} ${URL_PATH} failed without a complete response (ECONNREFUSED): connect`,
      ),
      cause: expect.objectContaining({ code: 'ECONNREFUSED', syscall: 'connect' }),
    });
    expect(error).not.toHaveProperty('status');
    expect(error).not.toHaveProperty('requestId');
  });

  it('lists what failed for each address of a host', async () => {
    const { port } = new URL(await closedPort());
    const { service } = await startClient({
      ...merchant.options,
      baseUrls: [`http://localhost:${port}`],
    });

    const error = await errorOf(service.get({ lookup: lookupTwo }));

    expect(error).toMatchObject({ name: 'WechatPayNetworkError', code: 'ECONNREFUSED' });
    const { message } = error as Error;
    expect(message).toContain(`connect ECONNREFUSED 127.0.0.1:${port}; `);
    expect(message).toContain(`::1:${port}`);
  });

  it.each<[string, WechatPayRequestConfig, string]>([
    [
      'an agent that throws',
      {
        httpAgent: {
          addRequest: () => {
            throw new Error('no sockets available');
          },
        },
      },
      'no sockets available',
    ],
    [
      'an agent that throws something other than an Error',
      {
        httpAgent: {
          addRequest: () => {
            throw 'no sockets available';
          },
        },
      },
      'no sockets available',
    ],
    [
      'an agent that cannot connect',
      {
        httpAgent: Object.assign(new Agent(), {
          createConnection: (_options: object, done: (error: Error) => void) => {
            done(new Error('no sockets available'));
          },
        }),
      },
      'no sockets available',
    ],
    ['a header that cannot be sent', { headers: { 'X Shop': '1' } }, 'valid HTTP token'],
  ])('fails with a WechatPayNetworkError for %s', async (_case, config, reason) => {
    const { service, simulator } = await startBench(merchant);

    const error = await errorOf(service.get(config));

    expect(error).toBeInstanceOf(WechatPayNetworkError);
    expect(error).toMatchObject({
      message: expect.stringContaining(reason),
      cause: expect.objectContaining({ message: expect.stringContaining(reason) }),
    });
    expect(simulator.requests).toEqual([]);
  });

  it.each(CALLS)('fails $name when the connection is dropped', async (call) => {
    const { service, simulator } = await startBench(merchant);
    simulator.setRegisteredUrl(merchant, call.before);
    simulator.injectFaults('drop');

    expect(await errorOf(call.run(service))).toMatchObject({
      name: 'WechatPayNetworkError',
      code: 'ECONNRESET',
      cause: expect.objectContaining({ code: 'ECONNRESET' }),
    });
    expect(simulator.registeredUrl(merchant)).toBe(call.before);
  });

  it('fails when the connection is dropped in the middle of the response', async () => {
    const url = await startServer((_request, response) => {
      response.writeHead(200, { 'Content-Length': 100 });
      response.write('{"mchid":', () => response.destroy());
    });
    const { service } = await startClient({ ...merchant.options, baseUrls: [url] });

    const error = await errorOf(service.get());
    expect(error).toBeInstanceOf(WechatPayNetworkError);
    expect(error).toMatchObject({ cause: expect.any(Error) });
  });

  it('fails when the peer does not speak HTTP', async () => {
    const url = await startServer((request) => {
      request.socket.end('220 mail.example.com ESMTP\r\n');
    });
    const { service } = await startClient({ ...merchant.options, baseUrls: [url] });

    expect(await errorOf(service.get())).toMatchObject({
      name: 'WechatPayNetworkError',
      code: expect.stringMatching(/^HPE_/),
    });
  });

  it('fails when the response is larger than one mebibyte', async () => {
    const url = await startServer((_request, response) => {
      response.on('error', () => {});
      response.end(Buffer.alloc(MEBIBYTE + 1, ' '));
    });
    const { service } = await startClient({ ...merchant.options, baseUrls: [url] });

    expect(await errorOf(service.get())).toMatchObject({
      name: 'WechatPayNetworkError',
      code: 'ERR_BAD_RESPONSE',
      message: expect.stringContaining(String(MEBIBYTE)),
    });
  });

  it('reads a response of exactly one mebibyte to its end', async () => {
    const url = await startServer((_request, response) => {
      response.end(Buffer.alloc(MEBIBYTE, ' '));
    });
    const { service } = await startClient({ ...merchant.options, baseUrls: [url] });

    expect(await errorOf(service.get())).toMatchObject({ code: 'MISSING_HEADERS' });
  });
});

describe('The time limit', () => {
  let merchant: TestMerchant;
  beforeAll(async () => {
    merchant = await createTestMerchant();
  });
  afterEach(closeAll);

  it.each<[string, number | undefined, WechatPayRequestConfig | undefined]>([
    ['of the options ends a call', 50, undefined],
    ['of one call overrides that of the options', NEVER, { timeout: 50 }],
    ['of the options applies to a call with a limit of zero', 50, { timeout: 0 }],
    ['of the options applies to a call with a negative limit', 50, { timeout: -1 }],
    ['of the options applies to a call with an infinite limit', 50, { timeout: Infinity }],
    ['of the options applies to a call with a limit of NaN', 50, { timeout: NaN }],
    ['of the options applies to a call with other settings', 50, { headers: { 'X-Shop': '1' } }],
  ])('%s', async (_name, timeout, config) => {
    const { service, simulator } = await startBench(merchant, { timeout });
    simulator.injectFaults('hang');

    const error = await errorOf(service.get(config));

    expect(error).toBeInstanceOf(WechatPayNetworkError);
    expect(error).toMatchObject({
      code: 'TIMEOUT',
      message: expect.stringContaining('no complete response within 50 ms'),
      cause: expect.objectContaining({ message: 'no complete response within 50 ms' }),
    });
  });

  it('of one call may be longer than that of the options, and than a timer can be', async () => {
    const url = 'https://shop.example.com/complaints';
    const { service, simulator } = await startBench(
      merchant,
      { timeout: 50 },
      { onRequest: () => delay(200) },
    );
    simulator.setRegisteredUrl(merchant, url);

    expect(await valuesOf(service.get({ timeout: 2 ** 31 }))).toMatchObject([{ url }]);
  });

  it.each(CALLS)('applies to $name', async ({ run }) => {
    const { service, simulator } = await startBench(merchant);
    simulator.injectFaults('hang');

    expect(await errorOf(run(service, { timeout: 50 }))).toMatchObject({ code: 'TIMEOUT' });
  });

  it('covers the whole attempt, even while the response keeps trickling in', async () => {
    const url = await startServer((_request, response) => {
      response.writeHead(200);
      const trickle = setInterval(() => response.write(' '), 5);
      response.on('close', () => {
        clearInterval(trickle);
      });
    });
    const { service } = await startClient({ ...merchant.options, baseUrls: [url], timeout: 100 });

    expect(await errorOf(service.get())).toMatchObject({ code: 'TIMEOUT' });
  });

  it('closes the connection when it has passed', async () => {
    let closed: Promise<unknown> | undefined;
    const url = await startServer((_request, response) => {
      closed = once(response, 'close');
    });
    const { service } = await startClient({ ...merchant.options, baseUrls: [url], timeout: 100 });

    expect(await errorOf(service.get())).toMatchObject({ code: 'TIMEOUT' });
    await expect(closed).resolves.toBeDefined();
  });
});

describe('An AbortSignal', () => {
  let merchant: TestMerchant;
  beforeAll(async () => {
    merchant = await createTestMerchant();
  });
  afterEach(closeAll);

  it.each(CALLS)('aborts $name while it waits for its response', async ({ method, run }) => {
    const aborter = new AbortController();
    const { service, simulator } = await startBench(
      merchant,
      { timeout: NEVER },
      {
        onRequest: () => {
          aborter.abort();
        },
      },
    );
    simulator.injectFaults('hang');

    const error = await errorOf(run(service, { signal: aborter.signal }));

    expect(error).toBeInstanceOf(WechatPayNetworkError);
    expect(error).toMatchObject({
      code: 'ABORTED',
      message:
        `${method} ${URL_PATH} failed without a complete response (ABORTED): ` +
        'the caller aborted it.',
      cause: expect.objectContaining({ message: 'aborted' }),
    });
  });

  it('that has aborted before keeps a call from being sent', async () => {
    const { service, simulator } = await startBench(merchant);

    const error = await errorOf(service.get({ signal: AbortSignal.abort() }));

    expect(error).toMatchObject({ code: 'ABORTED' });
    expect(simulator.requests).toEqual([]);
  });

  it('has no listeners left once calls have ended', async () => {
    const { signal } = new AbortController();
    const { service, simulator } = await startBench(merchant);

    await valuesOf(service.create({ url: URL_NEW }, { signal }));
    simulator.injectFaults('drop', 'probe');
    await errorOf(service.get({ signal }));
    await errorOf(service.get({ signal }));
    service.get({ signal }).subscribe().unsubscribe();

    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});
