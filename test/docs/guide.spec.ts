import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Type } from '@nestjs/common';
import {
  ComplaintReconciler,
  ComplaintService,
  WechatPayComplaintModule,
} from 'nestjs-wechatpay-complaint';
import {
  createTestMerchant,
  type TestMerchant,
  WechatPaySimulator,
} from 'nestjs-wechatpay-complaint/testing';
import { firstValueFrom } from 'rxjs';
import { CallbackUrl } from '../../docs/examples/callback-url.js';
import { ComplaintDesk, Decisions, errorFilter } from '../../docs/examples/complaints.js';
import { ComplaintDesk as DeskOfNothingLost, Recovery } from '../../docs/examples/nothing-lost.js';
import { GatewayHandler } from '../../docs/examples/recipes.js';
import { closeApps, startApp } from '../support/start-app.js';
import { PNG } from '../support/small-images.js';

// The code of the guide, run against the simulator.
describe('The guide', () => {
  let merchant: TestMerchant;
  let simulator: WechatPaySimulator;

  beforeEach(async () => {
    merchant = await createTestMerchant();
    simulator = await WechatPaySimulator.start({ merchants: [merchant] });
  });

  afterEach(async () => {
    await closeApps();
    await simulator.stop();
  });

  /** A provider of the guide in an app, and the service beside it. */
  async function start<T>(provider: Type<T>): Promise<[example: T, complaints: ComplaintService]> {
    const { app } = await startApp({
      imports: [WechatPayComplaintModule.forRoot(simulator.moduleOptions(merchant))],
      providers: [provider, errorFilter],
    });
    return [app.get(provider), app.get(ComplaintService)];
  }

  it('registers, moves and removes the callback URL', async () => {
    const [callbackUrl] = await start(CallbackUrl);
    const url = 'https://shop.example.com/wechatpay/complaints';
    expect(await callbackUrl.current()).toBeUndefined();
    expect(await callbackUrl.move(url)).toBe(`created: ${url}`);
    expect(await callbackUrl.move(`${url}/2`)).toBe(`replaced ${url}`);
    expect(await callbackUrl.current()).toBe(`${url}/2`);
    await callbackUrl.remove();
    expect(await callbackUrl.current()).toBeUndefined();
  });

  it('replies to a new complaint once, and completes it after a refund', async () => {
    const [desk, complaints] = await start(ComplaintDesk);
    const { complaint_id } = (await simulator.complain(merchant)).complaint;
    await desk.attend(complaint_id);
    await desk.attend(complaint_id);
    expect(replies(complaint_id)).toBe(1);
    await simulator.refundOrders(merchant, complaint_id);
    await desk.attend(complaint_id);
    const { complaint_state } = await firstValueFrom(complaints.get(complaint_id));
    expect(complaint_state).toBe('PROCESSED');
  });

  it('finds what no notification came for', async () => {
    const { app } = await startApp({
      imports: [WechatPayComplaintModule.forRoot(simulator.moduleOptions(merchant))],
      providers: [Recovery, DeskOfNothingLost],
    });
    await simulator.complain(merchant); // no URL is registered, so no notification is sent
    const from = new Date(Date.now() - 60_000);
    const report = await app.get(ComplaintReconciler).sweep({ from, grace: 1 });
    expect(report).toMatchObject({ listed: 1, fed: 1, failed: 0 });
    expect(await app.get(Recovery).since(from)).toBe(
      '1 complaints, 0 were lost and handled, 0 failed',
    );
  });

  it('sends and saves pictures, and reads the phone number', async () => {
    const [decisions, complaints] = await start(Decisions);
    const folder = await mkdtemp(join(tmpdir(), 'guide-'));
    try {
      const path = join(folder, 'proof.png');
      await writeFile(path, PNG);
      const { complaint_id } = (
        await simulator.complain(merchant, { images: [PNG], payer_phone: '13800138000' })
      ).complaint;
      await decisions.replyWithPicture(complaint_id, path);
      const complaint = await firstValueFrom(complaints.get(complaint_id));
      expect(await decisions.savePictures(complaint, folder)).toBe(1);
      expect(await readdir(folder)).toContain(`${complaint_id}-0.png`);
      expect(await decisions.phoneFor(complaint)).toBe('13800138000');
      expect(await decisions.transcript(complaint_id)).toHaveLength(2);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('decides on refunds and tells failures apart', async () => {
    const [decisions] = await start(Decisions);
    const { complaint_id } = (await simulator.complain(merchant)).complaint;
    expect(await decisions.replySafely(complaint_id, '')).toBe('must not be empty');
    expect(await decisions.replySafely(complaint_id, '您好')).toBe('sent');
    simulator.injectFaults('unsigned');
    expect(await decisions.replySafely(complaint_id, '您好')).toBe('unknown: read the history');
    expect(await decisions.replySafely('no-such-complaint', '您好')).toContain(
      'WeChat Pay refused it',
    );
    await decisions.decide(complaint_id, false);
  });

  it('verifies the event of a gateway', async () => {
    const [gateway] = await start(GatewayHandler);
    const event = { headers: {}, body: '{}', isBase64Encoded: false };
    expect(await gateway.handle(event)).toMatchObject({ statusCode: 400 });
  });

  function replies(complaintId: string): number {
    const history = simulator.complaintHistory(merchant, complaintId);
    return history.filter(({ operate_type }) => operate_type === 'MERCHANT_RESPONSE').length;
  }
});
