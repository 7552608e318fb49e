import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, createParamDecorator, ParseIntPipe, Post, UseGuards } from '@nestjs/common';
import {
  ComplaintNotificationGuard,
  type ComplaintNotificationPayload,
  ComplaintPayload,
  WechatPayComplaintModule,
} from 'nestjs-wechatpay-complaint';
import {
  createTestMerchant,
  signComplaintNotification,
  type TestMerchant,
} from 'nestjs-wechatpay-complaint/testing';
import { isPayloadParameter } from '../../../lib/notifications/complaint-payload.decorator.js';
import { PARAMETERS_METADATA } from '../../../lib/notifications/route.metadata.js';
import { httpPost } from '../../support/http-post.js';
import { ADAPTERS, closeApps, startApp } from '../../support/start-app.js';

const Shop = createParamDecorator(() => 'shop');

let merchant: TestMerchant;
let received: unknown[] = [];

beforeAll(async () => {
  merchant = await createTestMerchant();
});
afterEach(async () => {
  received = [];
  await closeApps();
});

@Controller()
class ComplaintsController {
  @Post('complaints')
  @UseGuards(ComplaintNotificationGuard)
  handle(
    @ComplaintPayload() notification: ComplaintNotificationPayload,
    @ComplaintPayload('id') id: string,
    @ComplaintPayload('complaint') complaint: unknown,
    @ComplaintPayload('request_id') requestId: string | undefined,
    @Shop() _shop: string,
  ): void {
    received.push(notification, id, complaint, requestId);
  }

  @Post('unguarded')
  unguarded(@ComplaintPayload() notification: unknown): void {
    received.push(notification);
  }
}

describe.each(ADAPTERS)('@ComplaintPayload(), on %s', (adapter) => {
  const start = () =>
    startApp({
      adapter,
      imports: [WechatPayComplaintModule.forRoot(merchant.options)],
      controllers: [ComplaintsController],
    });

  it('injects the payload, or one property of it', async () => {
    const { url } = await start();
    const complaint = { complaint_id: '2002', action_type: 'USER_RESPONSE' };
    const { headers, body } = signComplaintNotification(merchant, { id: 'EV-1', complaint });
    const { 'Request-ID': _requestId, ...others } = headers;
    await httpPost(`${url}/complaints`, others, body);
    expect(received).toEqual([
      expect.objectContaining({ id: 'EV-1', mchid: merchant.mchid, complaint }),
      'EV-1',
      complaint,
      undefined,
    ]);
  });

  it('fails on a route without the guard', async () => {
    const { url, logger } = await start();
    await expect(httpPost(`${url}/unguarded`, {}, '')).resolves.toMatchObject({ status: 500 });
    expect(received).toEqual([]);
    expect(logger.text).toContain('This request carries no verified notification.');
  });
});

describe('isPayloadParameter', () => {
  it('tells the parameters with @ComplaintPayload() from others', () => {
    const parameters = Reflect.getMetadata(
      PARAMETERS_METADATA,
      ComplaintsController,
      'handle',
    ) as Record<string, { index: number; factory?: unknown }>;
    const payloads = Object.values(parameters)
      .filter(isPayloadParameter)
      .map(({ index }) => index);
    expect(payloads.sort()).toEqual([0, 1, 2, 3]);
    expect(isPayloadParameter({})).toBe(false);
    expect(isPayloadParameter({ factory: ParseIntPipe })).toBe(false);
  });
});
