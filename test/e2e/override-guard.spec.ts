import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type CanActivate, Controller, type INestApplication, Post } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import {
  ComplaintNotification,
  ComplaintNotificationGuard,
  type ComplaintNotificationPayload,
  ComplaintPayload,
  WechatPayComplaintModule,
} from 'nestjs-wechatpay-complaint';
import { acceptNotification, createTestMerchant } from 'nestjs-wechatpay-complaint/testing';
import { httpPost } from '../support/http-post.js';
import { RecordingLogger } from '../support/recording-logger.js';
import { ADAPTERS } from '../support/start-app.js';

let received: ComplaintNotificationPayload[] = [];
let failure: Error | undefined;

@Controller()
class ComplaintsController {
  @Post('complaints')
  @ComplaintNotification()
  handle(@ComplaintPayload() notification: ComplaintNotificationPayload): void {
    received.push(notification);
    if (failure) throw failure;
  }

  @Post('without-payload')
  @ComplaintNotification()
  withoutPayload(): void {
    throw new Error('must not run on a request that nobody verified');
  }
}

let app: INestApplication | undefined;

beforeEach(() => {
  received = [];
  failure = undefined;
});
afterEach(() => app?.close());

describe.each(ADAPTERS)('A test that overrides the guard, on %s', (adapter) => {
  async function start(guard: CanActivate) {
    const merchant = await createTestMerchant();
    const logger = new RecordingLogger();
    const module = await Test.createTestingModule({
      imports: [WechatPayComplaintModule.forRoot(merchant.options)],
      controllers: [ComplaintsController],
    })
      .overrideGuard(ComplaintNotificationGuard)
      .useValue(guard)
      .setLogger(logger)
      .compile();
    app = module.createNestApplication(
      adapter === 'fastify' ? new FastifyAdapter() : new ExpressAdapter(),
      { rawBody: true },
    );
    await app.listen(0, '127.0.0.1');
    const url = await app.getUrl();
    const post = (path = 'complaints') => httpPost(`${url}/${path}`, {}, '');
    return { post, logger };
  }

  it('has every request handled as one notification with acceptNotification()', async () => {
    const { post, logger } = await start(
      acceptNotification({
        id: 'EV-1',
        event_type: 'COMPLAINT.STATE_CHANGE',
        complaint: { action_type: 'USER_RESPONSE' },
      }),
    );
    await expect(post()).resolves.toMatchObject({ status: 204, text: '' });
    await expect(post()).resolves.toMatchObject({ status: 204, text: '' });
    const notification = {
      mchid: '1900000109',
      id: 'EV-1',
      event_type: 'COMPLAINT.STATE_CHANGE',
      complaint: {
        complaint_id: '200201820200101080076610000',
        action_type: 'USER_RESPONSE',
      },
      origin: 'notification',
    };
    expect(received).toEqual([notification, notification]);
    expect(logger.problems()).toEqual([]);
  });

  it('sees why a handler failed under acceptNotification()', async () => {
    failure = new TypeError('the order is locked');
    const { post, logger } = await start(acceptNotification({ id: 'EV-1' }));
    await expect(post()).resolves.toMatchObject({
      status: 500,
      text: '{"code":"FAIL","message":"Internal Server Error"}',
    });
    expect(logger.problems()).toEqual([
      expect.stringMatching(
        /^Notification EV-1 \(CREATE_COMPLAINT, complaint 200201820200101080076610000\) was not handled\..*TypeError: the order is locked/s,
      ),
    ]);
  });

  it.each(['complaints', 'without-payload'])(
    'by one that only returns true gets 500 from %s, and the log has the line to write',
    async (path) => {
      const { post, logger } = await start({ canActivate: () => true });
      await expect(post(path)).resolves.toMatchObject({ status: 500 });
      expect(received).toEqual([]);
      expect(logger.problems()).toEqual([
        expect.stringContaining(
          '.overrideGuard(ComplaintNotificationGuard).useValue(acceptNotification()) with acceptNotification from ' +
            "'nestjs-wechatpay-complaint/testing'",
        ),
      ]);
    },
  );
});
