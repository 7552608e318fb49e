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
  Res,
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
import { concat, defer, EMPTY, of, throwError } from 'rxjs';
import { deferred } from '../support/deferred.js';
import { type HttpAnswer, httpPost } from '../support/http-post.js';
import { until } from '../support/until.js';
import { ADAPTERS, closeApps, type RunningApp, startApp } from '../support/start-app.js';

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
  async function deliver(
    handler: Handle,
    complaint: Partial<ComplaintResource> = {},
  ): Promise<HttpAnswer & RunningApp> {
    handle = handler;
    const running = await startApp({
      adapter,
      imports: [WechatPayComplaintModule.forRoot(merchant.options)],
      controllers: [ComplaintsController],
    });
    const { headers, body } = signComplaintNotification(merchant, { id: 'EV-1', complaint });
    return { ...running, ...(await httpPost(`${running.url}/complaints`, headers, body)) };
  }

  it.each<[what: string, handler: Handle]>([
    ['nothing', () => undefined],
    ['a value', () => ({ code: 'FAIL' })],
    ['false', () => false],
    ['a promise of a value', () => Promise.resolve('done')],
    ['an Observable of several values', () => of(1, 2, 3)],
    ['an Observable of none', () => EMPTY],
    ['a promise of an Observable', () => Promise.resolve(of(1))],
  ])('that returns %s is answered with 204 and no body', async (_what, handler) => {
    const answer = await deliver(handler);
    expect(answer).toMatchObject({ status: 204, text: '' });
    expect(answer.headers['content-type']).toBeUndefined();
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
  ])('is answered only after its %s has completed', async (_what, work) => {
    let isDone = false;
    handle = () =>
      work(() => {
        isDone = true;
      });
    const { url } = await startApp({
      adapter,
      imports: [WechatPayComplaintModule.forRoot(merchant.options)],
      controllers: [ComplaintsController],
    });
    const { headers, body } = signComplaintNotification(merchant);
    const answer = await httpPost(`${url}/complaints`, headers, body);
    expect(answer.status).toBe(204);
    expect(isDone).toBe(true);
  });

  it('goes on with its Observable when the sender hangs up', async () => {
    const started = deferred<undefined>();
    const released = deferred<string>();
    const finished = deferred<string>();
    handle = () =>
      defer(async () => {
        started.resolve(undefined);
        finished.resolve(await released.promise);
      });
    const { url } = await startApp({
      adapter,
      imports: [WechatPayComplaintModule.forRoot(merchant.options)],
      controllers: [ComplaintsController],
    });
    const { headers, body } = signComplaintNotification(merchant);
    const aborter = new AbortController();
    const sent = fetch(`${url}/complaints`, {
      method: 'POST',
      headers,
      body,
      signal: aborter.signal,
    });
    await started.promise;
    aborter.abort();
    await expect(sent).rejects.toThrow();
    released.resolve('handled all the same');
    await expect(finished.promise).resolves.toBe('handled all the same');
  });

  it('that fails after the sender has hung up leaves its error in the log', async () => {
    const started = deferred<undefined>();
    const released = deferred<undefined>();
    handle = () =>
      defer(async () => {
        started.resolve(undefined);
        await released.promise;
        throw new TypeError('the order is locked');
      });
    const { url, logger } = await startApp({
      adapter,
      imports: [WechatPayComplaintModule.forRoot(merchant.options)],
      controllers: [ComplaintsController],
    });
    const { headers, body } = signComplaintNotification(merchant);
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(
      `POST /complaints HTTP/1.1\r\nHost: x\r\nContent-Length: ${Buffer.byteLength(body)}\r\n${lines.join('')}\r\n${body}`,
    );
    await started.promise;
    socket.destroy();
    await once(socket, 'close');
    released.resolve(undefined);
    await until(() => logger.ours('error').length > 0);
    expect(logger.ours('error')).toEqual([expect.stringContaining('the order is locked')]);
  });

  it('gets the payload with unknown and legacy fields kept', async () => {
    let received: ComplaintNotificationPayload | undefined;
    const answer = await deliver(
      (notification) => {
        received = notification;
      },
      { complaint_id: '20001', action_type: 'A_NEW_ACTION', payer_phone: PHONE, brand_new: [1] },
    );
    expect(answer.status).toBe(204);
    expect(received).toEqual({
      mchid: merchant.mchid,
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
  ])('that throws %p is answered with its status', async (error, status, message) => {
    const { logger, ...answer } = await deliver(() => {
      throw error;
    });
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.text)).toEqual({ code: 'FAIL', message });
    expect(logger.ours('error')).toHaveLength(status >= 500 ? 1 : 0);
    // WeChat Pay repeats these for a day: somebody should know.
    expect(logger.ours('warn')).toHaveLength(status >= 500 ? 0 : 1);
  });

  it.each<[what: string, handler: Handle]>([
    [
      'throws an error',
      () => {
        throw new TypeError('order 7 of alice');
      },
    ],
    ['rejects', () => Promise.reject(new TypeError('order 7 of alice'))],
    ['fails as an Observable', () => throwError(() => new TypeError('order 7 of alice'))],
  ])('that %s is answered with 500, the error only in the log', async (_what, handler) => {
    const { logger, ...answer } = await deliver(handler, { payer_phone: PHONE });
    expect(answer.status).toBe(500);
    expect(answer.text).toBe('{"code":"FAIL","message":"Internal Server Error"}');
    expect(logger.ours('error')).toEqual([
      expect.stringMatching(/TypeError: order 7 of alice.*handler-outcomes\.spec/s),
    ]);
    expect(logger.text).not.toContain(PHONE);
  });

  it('that throws something other than an Error does not get it logged', async () => {
    const { logger, ...answer } = await deliver((notification) => {
      throw notification;
    });
    expect(answer).toMatchObject({ status: 500, text: expect.stringContaining('"FAIL"') });
    expect(logger.ours('error')).toEqual([expect.stringContaining('not an Error')]);
  });

  it('that answers by itself and then fails does not crash the app', async () => {
    interface Reply {
      send(body: string): unknown;
    }
    @Controller()
    class OwnAnswerController {
      @Post('complaints')
      @ComplaintNotification()
      receive(@Res() response: Reply): void {
        response.send('mine');
        throw new Error('too late');
      }
    }
    const { url, logger } = await startApp({
      adapter,
      imports: [WechatPayComplaintModule.forRoot(merchant.options)],
      controllers: [OwnAnswerController],
    });
    const { headers, body } = signComplaintNotification(merchant);
    await httpPost(`${url}/complaints`, headers, body);
    expect(logger.ours('error')).toEqual([expect.stringContaining('too late')]);
    await expect(httpPost(`${url}/complaints`, headers, `${body} `)).resolves.toMatchObject({
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
    const { url } = await startApp({
      adapter,
      imports: [WechatPayComplaintModule.forRoot(merchant.options)],
      controllers: [ScopedController],
    });
    const { headers, body } = signComplaintNotification(merchant, {
      complaint: { complaint_id: '7' },
    });
    await expect(httpPost(`${url}/complaints`, headers, body)).resolves.toMatchObject({
      status: 204,
    });
    expect(received).toBe('7');
  });
});
