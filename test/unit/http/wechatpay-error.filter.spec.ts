import {
  type ArgumentsHost,
  Controller,
  Get,
  HttpException,
  Inject,
  Logger,
  Param,
  Res,
  UseFilters,
} from '@nestjs/common';
import { APP_FILTER, HttpAdapterHost } from '@nestjs/core';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  ComplaintNotificationService,
  NotificationStoreError,
  WechatPayApiError,
  WechatPayArgumentError,
  WechatPayComplaintModule,
  WechatPayDecryptionError,
  type WechatPayError,
  WechatPayErrorFilter,
  WechatPayNetworkError,
  WechatPayPlatformKeyError,
  WechatPaySignatureError,
} from 'nestjs-wechatpay-complaint';
import { createTestMerchant, type TestMerchant } from 'nestjs-wechatpay-complaint/testing';
import { isObservable, type Observable } from 'rxjs';
import { closeAll, errorOf, startSimulator } from '../../support/client-bench.js';
import { RecordingLogger } from '../../support/recording-logger.js';
import { ADAPTERS, closeApps, startApp } from '../../support/start-app.js';

const SECRET = 'SECRET-OF-THE-APP';

const api = (status: number, code: string, retryAfter?: number): WechatPayError =>
  new WechatPayApiError(`GET /v3/${SECRET}`, code, SECRET, undefined, {
    status,
    requestId: SECRET,
    retryAfter,
  });
const network = (code: string): WechatPayError =>
  new WechatPayNetworkError(`POST /v3/${SECRET}`, code, SECRET);

interface FilterCase {
  readonly name: string;
  readonly error: WechatPayError;
  readonly status: number;
  readonly message: string;
  readonly retryAfter?: string;
  readonly level: 'error' | 'warn' | 'debug';
}

const REJECTED = 'WeChat Pay rejected the request.';
const UNCERTAIN = 'The request to WeChat Pay failed. It may have taken effect.';
const BUSY = 'Not available at the moment. Try again later.';
const LATE = 'WeChat Pay did not respond in time. The request may have taken effect.';

const CASES: readonly FilterCase[] = [
  {
    name: 'WechatPayArgumentError',
    error: new WechatPayArgumentError('complaint_id', ['must be a non-empty string', 'is odd']),
    status: 400,
    message: 'complaint_id must be a non-empty string; is odd',
    level: 'debug',
  },
  ...[400, 404].map((status) => ({
    name: `RESOURCE_NOT_EXISTS with ${status}`,
    error: api(status, 'RESOURCE_NOT_EXISTS'),
    status: 404,
    message: 'WeChat Pay has no such resource.',
    level: 'debug' as const,
  })),
  {
    name: 'FREQUENCY_LIMITED with Retry-After',
    error: api(429, 'FREQUENCY_LIMITED', 1500),
    status: 503,
    message: BUSY,
    retryAfter: '2',
    level: 'warn',
  },
  ...['FREQUENCY_LIMITED', 'RATELIMIT_EXCEEDED', 'HTTP_429'].map((code) => ({
    name: code,
    error: api(429, code),
    status: 503,
    message: BUSY,
    retryAfter: '60',
    level: 'warn' as const,
  })),
  {
    name: 'SERVICE_UNAVAILABLE',
    error: api(503, 'SERVICE_UNAVAILABLE'),
    status: 503,
    message: BUSY,
    retryAfter: '60',
    level: 'warn',
  },
  {
    name: 'NO_PLATFORM_KEY',
    error: new WechatPayPlatformKeyError(`POST /v3/${SECRET}`, SECRET),
    status: 503,
    message: BUSY,
    retryAfter: '60',
    level: 'warn',
  },
  {
    name: 'NotificationStoreError',
    error: new NotificationStoreError(SECRET),
    status: 503,
    message: BUSY,
    retryAfter: '60',
    level: 'warn',
  },
  ...['TIMEOUT', 'ETIMEDOUT', 'ABORTED'].map((code) => ({
    name: code,
    error: network(code),
    status: 504,
    message: LATE,
    level: 'warn' as const,
  })),
  ...(
    [
      [400, 'PARAM_ERROR'],
      [400, 'INVALID_REQUEST'],
      [403, 'NO_AUTH'],
      [401, 'SIGN_ERROR'],
    ] as const
  ).map(([status, code]) => ({
    name: code,
    error: api(status, code),
    status: 502,
    message: REJECTED,
    level: 'error' as const,
  })),
  ...[
    api(500, 'SYSTEM_ERROR'),
    api(200, 'MALFORMED_RESPONSE'),
    network('ECONNREFUSED'),
    new WechatPaySignatureError(
      `GET /v3/${SECRET}`,
      { code: 'SIGNATURE_MISMATCH', message: SECRET },
      { status: 200 },
    ),
    new WechatPayDecryptionError('payer_phone', SECRET),
  ].map((error) => ({
    name: error.code,
    error,
    status: 502,
    message: UNCERTAIN,
    level: 'error' as const,
  })),
];

@Controller()
class FailingController {
  @Get('fail/:index')
  fail(@Param('index') index: string): never {
    throw CASES[Number(index)]?.error ?? new HttpException('no such case', 418);
  }

  @Get('sent')
  failAfterSending(@Res() response: { send: (body: string) => unknown }): never {
    response.send('sent');
    throw api(429, 'FREQUENCY_LIMITED');
  }
}

describe.each(ADAPTERS)('WechatPayErrorFilter on %s', (adapter) => {
  afterEach(closeApps);

  const start = () =>
    startApp({
      adapter,
      controllers: [FailingController],
      providers: [{ provide: APP_FILTER, useClass: WechatPayErrorFilter }],
    });

  it.each(CASES.map((one, index) => ({ ...one, index })))(
    'maps $name to $status, and logs it as $level',
    async ({ index, error, status, message, retryAfter = null, level }) => {
      const { url, logger } = await start();

      const response = await fetch(`${url}/fail/${index}`);

      expect(response.status).toBe(status);
      expect(response.headers.get('retry-after')).toBe(retryAfter);
      expect(response.headers.get('content-type')).toContain('application/json');
      const body = await response.text();
      expect(JSON.parse(body)).toEqual({
        statusCode: status,
        message,
        error: expect.stringMatching(/^[A-Z][\w ]+$/),
      });
      expect(body).not.toContain(SECRET);
      expect(logger.ours()).toEqual(logger.ours(level));
      expect(logger.ours(level)).toEqual([expect.stringContaining(error.message)]);
    },
  );

  it('changes nothing when a response has been sent already', async () => {
    const { url, logger } = await start();

    const response = await fetch(`${url}/sent`);

    expect(response.status).toBe(200);
    expect(await response.text()).toBe('sent');
    expect(logger.ours('warn')).toHaveLength(1);
  });

  it('leaves other exceptions to Nest', async () => {
    const { url, logger } = await start();

    const response = await fetch(`${url}/fail/none`);

    expect(response.status).toBe(418);
    expect(logger.ours()).toEqual([]);
  });

  it('can be created by hand, and subclassed to map an error differently', async () => {
    class ShopErrorFilter extends WechatPayErrorFilter {
      protected override toHttpException(error: WechatPayError): HttpException {
        return error.code === 'INVALID_REQUEST'
          ? new HttpException({ reason: 'state' }, 409)
          : super.toHttpException(error);
      }
    }
    const { url } = await startApp({
      adapter,
      controllers: [FailingController],
      configure: (app) => {
        app.useGlobalFilters(new ShopErrorFilter(app.get(HttpAdapterHost).httpAdapter));
      },
    });
    const indexOf = (code: string): number => CASES.findIndex(({ error }) => error.code === code);

    const conflict = await fetch(`${url}/fail/${indexOf('INVALID_REQUEST')}`);
    expect(conflict.status).toBe(409);
    expect(await conflict.json()).toEqual({ reason: 'state' });
    const busy = await fetch(`${url}/fail/${indexOf('FREQUENCY_LIMITED')}`);
    expect(busy.status).toBe(503);
    expect(busy.headers.get('retry-after')).toBe('2');
  });
});

describe('WechatPayErrorFilter', () => {
  let merchant: TestMerchant;
  beforeAll(async () => {
    merchant = await createTestMerchant();
  });
  afterEach(async () => {
    await closeApps();
    await closeAll();
  });

  it('maps what a call of the module fails with, as the filter of a controller', async () => {
    @Controller()
    @UseFilters(WechatPayErrorFilter)
    class CallbackUrlController {
      constructor(
        @Inject(ComplaintNotificationService)
        private readonly notifications: ComplaintNotificationService,
      ) {}

      @Get()
      get() {
        return this.notifications.get();
      }
    }
    const simulator = await startSimulator(merchant);
    const options = { ...simulator.moduleOptions(merchant), retry: false } as const;
    const { url } = await startApp({
      imports: [WechatPayComplaintModule.forRoot(options)],
      controllers: [CallbackUrlController],
    });

    expect((await fetch(url)).status).toBe(404);
    simulator.injectFaults({ status: 429, code: 'FREQUENCY_LIMITED', message: '频率超限' });
    expect((await fetch(url)).status).toBe(503);
    simulator.injectFaults('tampered');
    simulator.setRegisteredUrl(merchant, 'https://shop.example.com/complaints');
    expect((await fetch(url)).status).toBe(502);
    expect((await fetch(url)).status).toBe(200);
  });

  it('fails a microservice, and hands a GraphQL resolver, the HttpException', async () => {
    Logger.overrideLogger(new RecordingLogger());
    const filter = new WechatPayErrorFilter();
    const hostOf = (type: string) => ({ getType: () => type }) as unknown as ArgumentsHost;
    const error = network('TIMEOUT');

    expect(filter.catch(error, hostOf('graphql'))).toMatchObject({ status: 504, message: LATE });
    const failed = filter.catch(error, hostOf('rpc'));
    expect(isObservable(failed)).toBe(true);
    expect(await errorOf(failed as Observable<unknown>)).toMatchObject({ status: 504 });
  });
});
