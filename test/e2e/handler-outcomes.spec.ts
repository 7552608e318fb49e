import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { inspect } from 'node:util';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  BadRequestException,
  Controller,
  HttpException,
  InternalServerErrorException,
  Post,
  Req,
  Scope,
} from '@nestjs/common';
import {
  ComplaintNotification,
  type ComplaintNotificationPayload,
  ComplaintPayload,
  type ComplaintResource,
  WechatPayComplaintModule,
} from 'nestjs-wechatpay-complaint';
import {
  createTestMerchant,
  signComplaintNotification,
  type TestMerchant,
} from 'nestjs-wechatpay-complaint/testing';
import { concat, defer, EMPTY, firstValueFrom, NEVER, of, throwError, timeout } from 'rxjs';
import { deferred } from '../support/deferred.js';
import { type HttpResponse, httpPost } from '../support/http-post.js';
import { ADAPTERS, closeApps, type RunningApp, startApp } from '../support/start-app.js';
import { until } from '../support/until.js';

const PHONE = '13800138000';

let merchant: TestMerchant;

beforeAll(async () => {
  merchant = await createTestMerchant();
});
afterEach(closeApps);

type Handle = (notification: ComplaintNotificationPayload) => unknown;

let handle: Handle;

@Controller()
class ComplaintsController {
  @Post('complaints')
  @ComplaintNotification()
  receive(@ComplaintPayload() notification: ComplaintNotificationPayload): unknown {
    return handle(notification);
  }
}

describe.each(ADAPTERS)('A handler, on %s', (adapter) => {
  function start(
    handler: Handle,
    controller: new () => object = ComplaintsController,
  ): Promise<RunningApp> {
    handle = handler;
    return startApp({
      adapter,
      imports: [WechatPayComplaintModule.forRoot(merchant.options)],
      controllers: [controller],
    });
  }

  function send(
    { url }: RunningApp,
    complaint: Partial<ComplaintResource> = {},
  ): Promise<HttpResponse> {
    const { headers, body } = signComplaintNotification(merchant, {
      id: 'EV-1',
      complaint: { complaint_id: '2002', ...complaint },
    });
    return httpPost(`${url}/complaints`, headers, body);
  }

  async function deliver(
    handler: Handle,
    complaint?: Partial<ComplaintResource>,
  ): Promise<HttpResponse & RunningApp> {
    const running = await start(handler);
    return { ...running, ...(await send(running, complaint)) };
  }

  /** Delivers a notification whose sender hangs up as soon as the handler has started. */
  async function sendAndHangUp({ url }: RunningApp, started: Promise<unknown>): Promise<void> {
    const { headers, body } = signComplaintNotification(merchant, { id: 'EV-1' });
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(
      `POST /complaints HTTP/1.1\r\nHost: x\r\nContent-Length: ${Buffer.byteLength(body)}\r\n${lines.join('')}\r\n${body}`,
    );
    await started;
    socket.destroy();
    await once(socket, 'close');
  }

  it.each<[what: string, handler: Handle]>([
    ['nothing', () => undefined],
    ['a value', () => ({ code: 'FAIL' })],
    ['false', () => false],
    ['a promise of a value', () => Promise.resolve('done')],
    ['an Observable of several values', () => of(1, 2, 3)],
    ['an Observable of none', () => EMPTY],
    ['a promise of an Observable', () => Promise.resolve(of(1))],
  ])('that returns %s succeeds: 204 without a body', async (_what, handler) => {
    const response = await deliver(handler);
    expect(response).toMatchObject({ status: 204, text: '' });
    expect(response.headers['content-type']).toBeUndefined();
  });

  it.each<[what: string, work: (done: () => void) => unknown]>([
    ['promise', (done) => delay(30).then(done)],
    [
      'Observable',
      (done) =>
        concat(
          of('early'),
          defer(() => delay(30).then(done)),
        ),
    ],
  ])('gets its response only after its %s has completed', async (_what, work) => {
    let isDone = false;
    const response = await deliver(() =>
      work(() => {
        isDone = true;
      }),
    );
    expect(response.status).toBe(204);
    expect(isDone).toBe(true);
  });

  it('keeps its Observable subscribed after the sender has hung up', async () => {
    const started = deferred<undefined>();
    const released = deferred<string>();
    const finished = deferred<string>();
    const app = await start(() =>
      defer(async () => {
        started.resolve(undefined);
        finished.resolve(await released.promise);
      }),
    );
    await sendAndHangUp(app, started.promise);
    released.resolve('handled all the same');
    await expect(finished.promise).resolves.toBe('handled all the same');
    await expect(send(app)).resolves.toMatchObject({ status: 204 });
    expect(app.logger.problems()).toEqual([]);
  });

  it('that fails after the sender has hung up has its error logged', async () => {
    const started = deferred<undefined>();
    const released = deferred<undefined>();
    const app = await start(() =>
      defer(async () => {
        started.resolve(undefined);
        await released.promise;
        throw new TypeError('the order is locked');
      }),
    );
    await sendAndHangUp(app, started.promise);
    released.resolve(undefined);
    await until(() => app.logger.ours('error').length > 0);
    expect(app.logger.ours('error')).toEqual([
      expect.stringMatching(/^Notification EV-1 .*TypeError: the order is locked/s),
    ]);
  });

  it('gets the payload with unknown and undocumented fields, which inspect hides', async () => {
    let received: ComplaintNotificationPayload | undefined;
    const response = await deliver(
      (notification) => {
        received = notification;
      },
      { complaint_id: '20001', action_type: 'A_NEW_ACTION', payer_phone: PHONE, brand_new: [1] },
    );
    expect(response.status).toBe(204);
    expect(received).toEqual({
      mchid: merchant.mchid,
      origin: 'notification',
      id: 'EV-1',
      create_time: expect.any(String),
      event_type: 'COMPLAINT.CREATE',
      resource_type: 'encrypt-resource',
      summary: '产生新投诉',
      original_type: 'complaint',
      request_id: expect.any(String),
      complaint: {
        complaint_id: '20001',
        action_type: 'A_NEW_ACTION',
        payer_phone: PHONE,
        brand_new: [1],
      },
    });
    expect(JSON.parse(JSON.stringify(received?.complaint))).toMatchObject({ payer_phone: PHONE });
    expect(inspect(received, { depth: 10, showHidden: true })).not.toContain(PHONE);
    expect(inspect(received, { depth: 10 })).toContain("payer_phone: '[hidden]'");
  });

  it.each<[error: HttpException, status: number, message: string]>([
    [new BadRequestException('unknown order'), 400, 'unknown order'],
    [new HttpException({ reason: 'busy' }, 429), 429, 'Http Exception'],
    [new HttpException(new Error('SELECT * FROM users'), 404), 404, 'Not Found'],
    [new InternalServerErrorException('db-1.internal is down'), 500, 'Internal Server Error'],
    [new HttpException('try later', 503), 503, 'Service Unavailable'],
  ])('that throws %p gets its status as the response', async (error, status, message) => {
    const { logger, ...response } = await deliver(() => {
      throw error;
    });
    expect(response.status).toBe(status);
    expect(JSON.parse(response.text)).toEqual({ code: 'FAIL', message });
    // WeChat Pay redelivers for a day, so a status of the app's own choice is logged too.
    const level = status >= 500 ? 'error' : 'warn';
    expect(logger.ours(level)).toEqual([
      expect.stringContaining(
        'Notification EV-1 (CREATE_COMPLAINT, complaint 2002) was not handled',
      ),
    ]);
    expect(logger.problems()).toHaveLength(1);
  });

  it.each([200, 204, 302])(
    'that throws an HttpException with %i gets 500, and the notification is not handled',
    async (status) => {
      let runs = 0;
      const app = await start(() => {
        runs += 1;
        if (runs === 1) throw new HttpException('already known', status);
      });
      const response = await send(app);
      expect(response.status).toBe(500);
      expect(JSON.parse(response.text)).toEqual({ code: 'FAIL', message: 'Internal Server Error' });
      expect(app.logger.ours('error')).toEqual([
        expect.stringMatching(
          `^Notification EV-1 \\(CREATE_COMPLAINT, complaint 2002\\) was not handled\\. ` +
            `An HttpException with status ${status} was thrown, which is no failure to WeChat Pay, so the ` +
            'response is 500\\. WeChat Pay redelivers it\\.\\nHttpException: already known',
        ),
      ]);
      await expect(send(app)).resolves.toMatchObject({ status: 204 });
      expect(runs).toBe(2);
    },
  );

  it.each<[what: string, handler: Handle]>([
    [
      'throws an error',
      () => {
        throw new TypeError('order 7 of alice');
      },
    ],
    ['rejects', () => Promise.reject(new TypeError('order 7 of alice'))],
    ['fails as an Observable', () => throwError(() => new TypeError('order 7 of alice'))],
  ])('that %s gets 500, and only the log has the error', async (_what, handler) => {
    const { logger, ...response } = await deliver(handler, { payer_phone: PHONE });
    expect(response.status).toBe(500);
    expect(response.text).toBe('{"code":"FAIL","message":"Internal Server Error"}');
    expect(logger.ours('error')).toEqual([
      expect.stringMatching(
        /^Notification EV-1 .*TypeError: order 7 of alice.*handler-outcomes\.spec/s,
      ),
    ]);
    expect(logger.text).not.toContain(PHONE);
  });

  it.each<[what: string, handler: Handle, logged: RegExp[]]>([
    [
      "RxJS' TimeoutError",
      () => NEVER.pipe(timeout(10)),
      [/TimeoutError: Timeout has occurred/, /\n\s+at /],
    ],
    ["RxJS' EmptyError", () => firstValueFrom(EMPTY), [/EmptyError: no elements in sequence/]],
    [
      'the DOMException of AbortSignal.timeout()',
      async () => {
        const signal = AbortSignal.timeout(10);
        await delay(5000, undefined, { signal }).catch(() => {
          throw signal.reason;
        });
      },
      [/TimeoutError: The operation was aborted due to timeout/],
    ],
    [
      'an AggregateError',
      () => Promise.any([Promise.reject(new Error('first')), Promise.reject(new Error('second'))]),
      [
        /AggregateError: All promises were rejected/,
        /\[error\]: Error: first/,
        /\[error\]: Error: second/,
      ],
    ],
    [
      'an error with causes',
      () => {
        const cause = new RangeError('pool', { cause: new Error('socket', { cause: 'reset' }) });
        throw new TypeError('query', { cause });
      },
      [
        /TypeError: query\n\s+at .*handler-outcomes/s,
        /\[cause\]: RangeError: pool/,
        /\[cause\]: Error: socket/,
        /\[cause\]: string thrown: 'reset'/,
      ],
    ],
    [
      'an error with properties',
      () => {
        throw Object.assign(new Error('row'), { phone: PHONE, config: { token: PHONE } });
      },
      [/Error: row/],
    ],
    [
      'the notification itself',
      (notification) => throwError(() => notification),
      [/object thrown, with the properties mchid, id, /],
    ],
    [
      'a text',
      () => throwError(() => 'the order is locked'),
      [/string thrown: 'the order is locked'/],
    ],
    ['undefined', () => throwError(() => undefined), [/undefined thrown/]],
    ['null', () => throwError(() => null), [/null thrown/]],
  ])(
    'that throws %s gets 500, and the log says what was thrown',
    async (_what, handler, logged) => {
      const { logger, ...response } = await deliver(handler, { payer_phone: PHONE });
      expect(response).toMatchObject({
        status: 500,
        text: '{"code":"FAIL","message":"Internal Server Error"}',
      });
      expect(logger.ours('error')).toHaveLength(1);
      expect(logger.ours('error')[0]).toMatch(
        /^Notification EV-1 \(CREATE_COMPLAINT, complaint 2002\) was not handled\. WeChat Pay redelivers it\./,
      );
      for (const text of logged) expect(logger.ours('error')[0]).toMatch(text);
      expect(logger.text).not.toContain(PHONE);
    },
  );

  it('that sends a response by itself and then fails does not end the process', async () => {
    interface NodeResponse {
      end(body: string): unknown;
    }
    interface Request {
      /** Of Express. */
      readonly res?: NodeResponse;
      /** Of Fastify. */
      readonly raw?: { readonly socket: { destroy(): void } };
    }
    @Controller()
    class OwnResponseController {
      @Post('complaints')
      @ComplaintNotification()
      receive(@Req() { res, raw }: Request): void {
        res?.end('mine');
        raw?.socket.destroy();
        throw new Error('too late');
      }
    }
    const app = await start(() => undefined, OwnResponseController);
    await send(app).catch(() => undefined);
    await until(() => app.logger.ours('error').length > 0);
    expect(app.logger.ours('error')).toEqual([
      expect.stringMatching(/^Notification EV-1 .*Error: too late/s),
    ]);
    const { headers, body } = signComplaintNotification(merchant);
    await expect(httpPost(`${app.url}/complaints`, headers, `${body} `)).resolves.toMatchObject({
      status: 401,
    });
  });

  it('in a request-scoped controller gets the payload', async () => {
    let received: string | undefined;
    @Controller({ scope: Scope.REQUEST })
    class ScopedController {
      @Post('complaints')
      @ComplaintNotification()
      receive(@ComplaintPayload('complaint') complaint: ComplaintResource): void {
        received = complaint.complaint_id;
      }
    }
    const app = await start(() => undefined, ScopedController);
    await expect(send(app)).resolves.toMatchObject({ status: 204 });
    expect(received).toBe('2002');
  });
});
