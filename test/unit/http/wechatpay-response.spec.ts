import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { WechatPayApiError, WechatPayError } from 'nestjs-wechatpay-complaint';
import { createTestMerchant, type TestMerchant } from 'nestjs-wechatpay-complaint/testing';
import {
  closeAll,
  errorOf,
  startBench,
  startClient,
  startServer,
  URL_PATH,
} from '../../support/client-bench.js';
import { CALLS, URL_NEW } from '../../support/callback-url-calls.js';

describe('An error response', () => {
  let merchant: TestMerchant;
  beforeAll(async () => {
    merchant = await createTestMerchant();
  });
  afterEach(closeAll);

  const detail = { field: 'url', value: URL_NEW, issue: 'not allowed', location: 'body' };
  const noAuth = { code: 'NO_AUTH', message: '商户无权限', detail };

  it.each(CALLS.flatMap((call) => [true, false].map((signed) => ({ ...call, signed }))))(
    'to $name becomes a WechatPayApiError with its content, signed: $signed',
    async ({ method, before, run, signed }) => {
      const { service, simulator } = await startBench(merchant);
      simulator.setRegisteredUrl(merchant, before);
      simulator.injectFaults({ status: 403, raw: JSON.stringify(noAuth), signed });

      const error = await errorOf(run(service));

      expect(error).toBeInstanceOf(WechatPayApiError);
      expect(error).toBeInstanceOf(WechatPayError);
      expect(error).toMatchObject({
        name: 'WechatPayApiError',
        status: 403,
        code: 'NO_AUTH',
        apiMessage: '商户无权限',
        detail,
        requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      });
      const { message, requestId } = error as WechatPayApiError;
      expect(message).toContain(`${method} ${URL_PATH} failed with 403 NO_AUTH: 商户无权限`);
      expect(message).toContain('产品中心');
      expect(message).toContain(`Request-ID ${requestId}`);
      expect(simulator.registeredUrl(merchant)).toBe(before);
    },
  );

  it.each(['tampered', 'probe', 'replayed', 'unknown-serial'] as const)(
    'is reported by its content even when its signature is bad (%s)',
    async (fault) => {
      const { service, simulator } = await startBench(merchant);
      simulator.injectFaults(fault);

      expect(await errorOf(service.get())).toMatchObject({
        name: 'WechatPayApiError',
        code: 'RESOURCE_NOT_EXISTS',
        status: 400,
      });
    },
  );

  it.each([
    ['PARAM_ERROR', 400],
    ['INVALID_REQUEST', 400],
    ['RESOURCE_NOT_EXISTS', 404],
    ['FREQUENCY_LIMITED', 429],
    ['RATELIMIT_EXCEEDED', 429],
    ['SYSTEM_ERROR', 500],
    ['SERVICE_UNAVAILABLE', 503],
    ['NEW_CODE', 418],
  ])('keeps the code %s and the status %i', async (code, status) => {
    const { service, simulator } = await startBench(merchant);
    simulator.injectFaults({ status, code, message: '原因' });

    expect(await errorOf(service.get())).toMatchObject({
      code,
      status,
      apiMessage: '原因',
      detail: undefined,
      message: expect.stringContaining(`${status} ${code}: 原因`),
    });
  });

  it.each([
    ['<html><h1>502 Bad Gateway</h1></html>', 'the HTML page of a gateway'],
    ['', 'an empty body'],
    ['"an error"', 'JSON that is not an object'],
    ['{"code":502,"message":null}', 'a code that is not text'],
    ['{"code":""}', 'an empty code'],
    ['{"code":"NO_AUTH\\nERROR forged"}', 'a code of two lines'],
    [JSON.stringify({ code: 'X'.repeat(65) }), 'a code that is too long'],
  ])('with the body %j (%s) has a code made of its status', async (raw) => {
    const { service, simulator } = await startBench(merchant);
    simulator.injectFaults({ status: 502, raw });

    expect(await errorOf(service.get())).toMatchObject({
      name: 'WechatPayApiError',
      code: 'HTTP_502',
      status: 502,
      apiMessage: 'the response has no message',
      detail: undefined,
    });
  });

  it('without a Request-ID becomes an error without one', async () => {
    const url = await startServer((_request, response) => response.writeHead(500).end());
    const { service } = await startClient({ ...merchant.options, baseUrls: [url] });

    const error = await errorOf(service.get());
    expect(error).toMatchObject({ code: 'HTTP_500' });
    expect(error).not.toHaveProperty('requestId');
    expect((error as Error).message).not.toContain('Request-ID');
  });

  it('adds one line of bounded length to the message', async () => {
    const { service, simulator } = await startBench(merchant);
    const sent = `first\nERROR forged \u001b[2J\u2028${'x'.repeat(100_000)}`;
    simulator.injectFaults({ status: 400, code: 'PARAM_ERROR', message: sent });

    const { apiMessage, message } = (await errorOf(service.get())) as WechatPayApiError;
    expect(apiMessage).toBe(sent);
    expect(message).toContain('400 PARAM_ERROR: first ERROR forged [2J xxx');
    expect(message).toMatch(/^[\x20-\x7e]{1,800}$/);
  });

  it('has no detail when that is nested too deeply to be logged', async () => {
    const { service, simulator } = await startBench(merchant);
    const deep = `{"issue":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
    const raw = `{"code":"PARAM_ERROR","message":"原因","detail":${deep}}`;
    simulator.injectFaults({ status: 400, raw });

    const error = await errorOf(service.get());
    expect(error).toMatchObject({ code: 'PARAM_ERROR', apiMessage: '原因', detail: undefined });
    expect(JSON.stringify(error)).toContain('PARAM_ERROR');
  });

  it.each([['a b'], ['x'.repeat(129)], [['a', 'b']]])(
    'has no Request-ID when that is malformed: %j',
    async (id) => {
      const url = await startServer((_request, response) =>
        response.writeHead(500, { 'Request-ID': id }).end(),
      );
      const { service } = await startClient({ ...merchant.options, baseUrls: [url] });

      expect(await errorOf(service.get())).not.toHaveProperty('requestId');
    },
  );

  it('is serialised by JSON.stringify with its message', async () => {
    const { service, simulator } = await startBench(merchant);
    simulator.injectFaults({ status: 400, ...noAuth });

    const error = (await errorOf(service.get())) as WechatPayApiError;
    expect(JSON.parse(JSON.stringify(error))).toEqual({
      name: 'WechatPayApiError',
      message: error.message,
      code: 'NO_AUTH',
      status: 400,
      requestId: error.requestId,
      apiMessage: '商户无权限',
      detail,
    });
  });

  it.each([301, 302, 303, 307, 308])(
    'with status %i is not followed as a redirect',
    async (status) => {
      const elsewhere: string[] = [];
      const other = await startServer((request, response) => {
        elsewhere.push(request.url ?? '');
        response.end();
      });
      const url = await startServer((_request, response) =>
        response.writeHead(status, { Location: `${other}/elsewhere` }).end(),
      );
      const { service } = await startClient({ ...merchant.options, baseUrls: [url] });

      expect(await errorOf(service.get())).toMatchObject({
        name: 'WechatPayApiError',
        code: `HTTP_${status}`,
        status,
      });
      expect(elsewhere).toEqual([]);
    },
  );
});
