import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, Post } from '@nestjs/common';
import {
  ComplaintNotification,
  type ComplaintNotificationPayload,
  ComplaintPayload,
  ComplaintService,
  WechatPayComplaintModule,
} from 'nestjs-wechatpay-complaint';
import {
  createTestMerchant,
  type SimulatedComplaintContent,
  type TestMerchant,
  WechatPaySimulator,
} from 'nestjs-wechatpay-complaint/testing';
import { firstValueFrom } from 'rxjs';
import { PNG } from '../../../support/small-images.js';
import { closeApps, startApp } from '../../../support/start-app.js';

const CLOCK = Date.parse('2026-03-31T16:00:05Z');

describe('The simulated consumer', () => {
  let merchant: TestMerchant;
  let simulator: WechatPaySimulator;
  let service: ComplaintService;
  /** What the app was notified of. */
  let notified: string[];

  beforeAll(async () => {
    merchant = await createTestMerchant();
    @Controller()
    class ComplaintsController {
      @Post('complaints')
      @ComplaintNotification()
      handle(@ComplaintPayload() { event_type, complaint }: ComplaintNotificationPayload): void {
        notified.push(`${event_type} ${complaint.action_type} ${complaint.complaint_id}`);
      }
    }
    simulator = await WechatPaySimulator.start({ merchants: [merchant], clock: () => CLOCK });
    const { app, url } = await startApp({
      imports: [WechatPayComplaintModule.forRoot(simulator.moduleOptions(merchant))],
      controllers: [ComplaintsController],
    });
    service = app.get(ComplaintService, { strict: false });
    simulator.setRegisteredUrl(merchant, `${url}/complaints`);
  });
  beforeEach(() => {
    notified = [];
  });
  afterAll(async () => {
    await closeApps();
    await simulator.stop();
  });

  const state = (id: string) => firstValueFrom(service.get(id));
  const latest = (id: string) => simulator.complaintHistory(merchant, id)[0];
  let count = 0;
  /** A complaint that no other test knows. */
  async function complain(content: SimulatedComplaintContent = {}): Promise<string> {
    count += 1;
    const { complaint } = await simulator.complain(merchant, {
      complaint_id: `C-${count}`,
      ...content,
    });
    notified = [];
    return complaint.complaint_id;
  }

  it('complains, and the merchant is notified', async () => {
    const { complaint, delivery } = await simulator.complain(merchant, {
      complaint_id: 'C-new',
      complaint_detail: '收到的杯子是碎的',
      order: { out_trade_no: 'S-1', amount: 8800 },
      payer_phone: '13912345678',
    });

    expect(delivery).toMatchObject({ accepted: true, attempts: [{ status: 204 }] });
    expect(notified).toEqual(['COMPLAINT.CREATE CREATE_COMPLAINT C-new']);
    const found = await state('C-new');
    expect(found).toEqual(complaint);
    expect(found).toMatchObject({
      complaint_time: '2026-04-01T00:00:05+08:00',
      complaint_state: 'PENDING',
      complaint_detail: '收到的杯子是碎的',
      complainted_mchid: merchant.mchid,
      complaint_order_info: [{ out_trade_no: 'S-1', amount: 8800 }],
      apply_refund_amount: 8800,
      complaint_full_refunded: false,
      incoming_user_response: false,
      user_complaint_times: 1,
    });
    expect(found.payer_phone).not.toContain('13912345678');
    await expect(firstValueFrom(service.decryptPayerPhone(found))).resolves.toBe('13912345678');
    expect(latest('C-new')).toEqual({
      log_id: expect.stringMatching(/^\d{24}$/),
      operator: '投诉人',
      operate_time: '2026-04-01T00:00:05+08:00',
      operate_type: 'USER_CREATE_COMPLAINT',
      operate_details: '收到的杯子是碎的',
      image_list: [],
    });
  });

  it('complains without a refund to apply for', async () => {
    const id = await complain({ problem_type: 'SERVICE_NOT_WORK' });

    expect(await state(id)).not.toHaveProperty('apply_refund_amount');
  });

  it('complains again: the complaint is pending again', async () => {
    const id = await complain();

    await simulator.continueComplaint(merchant, id, { text: '还是没有收到' });

    expect(notified).toEqual([`COMPLAINT.STATE_CHANGE CONTINUE_COMPLAINT ${id}`]);
    expect(await state(id)).toMatchObject({
      complaint_state: 'PENDING',
      incoming_user_response: true,
      user_complaint_times: 2,
    });
  });

  it('leaves a message with an image', async () => {
    const id = await complain();

    await simulator.sendUserMessage(merchant, id, { text: '有人吗', images: [PNG] });

    expect(notified).toEqual([`COMPLAINT.STATE_CHANGE USER_RESPONSE ${id}`]);
    expect(await state(id)).toMatchObject({ incoming_user_response: true });
    expect(latest(id)).toMatchObject({
      operate_type: 'USER_RESPONSE',
      operate_details: '有人吗',
      complaint_media_list: { media_type: 'OPERATION_IMAGE' },
    });
  });

  it('asks the platform to step in, and withdraws that', async () => {
    const id = await complain();
    await expect(simulator.cancelPlatformService(merchant, id)).rejects.toThrow(
      `Nobody has asked the platform to step in on complaint ${id}.`,
    );

    await simulator.applyPlatformService(merchant, id, {
      reason: '商家不理',
      description: '三天了',
    });
    expect(await state(id)).toMatchObject({ in_platform_service: true });
    expect(latest(id)).toMatchObject({
      operate_type: 'USER_APPLY_PLATFORM_SERVICE',
      user_appy_platform_service_reason: '商家不理',
      user_appy_platform_service_reason_description: '三天了',
    });

    await simulator.cancelPlatformService(merchant, id);
    expect(await state(id)).toMatchObject({ in_platform_service: false });
    expect(notified).toEqual([
      `COMPLAINT.STATE_CHANGE USER_APPLY_PLATFORM_SERVICE ${id}`,
      `COMPLAINT.STATE_CHANGE USER_CANCEL_PLATFORM_SERVICE ${id}`,
    ]);
  });

  it('is helped by the platform, which leaves a message and finishes', async () => {
    const id = await complain();
    await simulator.applyPlatformService(merchant, id);

    await simulator.sendPlatformMessage(merchant, id, { text: '请商家尽快处理' });
    expect(latest(id)).toMatchObject({
      operator: '微信支付客服',
      operate_type: 'PLATFORM_RESPONSE',
      operate_details: '请商家尽快处理',
    });
    await simulator.finishPlatformService(merchant, id);

    expect(await state(id)).toMatchObject({ in_platform_service: false });
    expect(notified.slice(1)).toEqual([
      `COMPLAINT.STATE_CHANGE RESPONSE_BY_PLATFORM ${id}`,
      `COMPLAINT.STATE_CHANGE PLATFORM_SERVICE_FINISHED ${id}`,
    ]);
  });

  it('receives the refund that the merchant has approved, once', async () => {
    const id = await complain();
    const message = `No refund of complaint ${id} is approved and under way.`;
    await expect(simulator.settleRefund(merchant, id)).rejects.toThrow(message);
    await firstValueFrom(service.approveRefund(id));

    const { complaint } = await simulator.settleRefund(merchant, id);

    expect(complaint.complaint_full_refunded).toBe(true);
    expect(notified).toEqual([`COMPLAINT.STATE_CHANGE REFUND_SUCCESS ${id}`]);
    expect(latest(id)).toMatchObject({
      operator: '系统',
      operate_type: 'COMPLAINT_REFUND_RECEIVED_SYSTEM_MESSAGE',
    });
    await expect(simulator.settleRefund(merchant, id)).rejects.toThrow(message);
  });

  it('is refunded with the refund API', async () => {
    const id = await complain();

    await simulator.refundOrders(merchant, id);

    expect(notified).toEqual([`COMPLAINT.STATE_CHANGE SELLER_REFUND ${id}`]);
    expect(await state(id)).toMatchObject({ complaint_full_refunded: true });
    expect(latest(id)).toMatchObject({ operate_type: 'COMPLAINT_FULL_REFUNDED_SYSTEM_MESSAGE' });
  });

  it('rejects a step on an unknown complaint, and a complaint with a known id', async () => {
    const id = await complain();

    await expect(simulator.sendUserMessage(merchant, 'C-0', { text: '' })).rejects.toThrow(
      'RESOURCE_NOT_EXISTS: 投诉单 C-0 不存在',
    );
    await expect(simulator.complain(merchant, { complaint_id: id })).rejects.toThrow(
      `There is already a complaint ${id}.`,
    );
    expect(simulator.complaintHistory(merchant, id)).toHaveLength(1);
  });

  it('complains without a notification when no URL is registered', async () => {
    const url = simulator.registeredUrl(merchant);
    simulator.setRegisteredUrl(merchant, undefined);

    const { delivery, complaint } = await simulator.complain(merchant);

    simulator.setRegisteredUrl(merchant, url);
    expect(delivery).toBeUndefined();
    expect(notified).toEqual([]);
    expect(await state(complaint.complaint_id)).toEqual(complaint);
  });
});
