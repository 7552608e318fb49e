import { buffer } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
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
  type TestMerchant,
  WechatPaySimulator,
} from 'nestjs-wechatpay-complaint/testing';
import { firstValueFrom, lastValueFrom, toArray } from 'rxjs';
import { JPG, PNG } from '../../support/small-images.js';
import { closeApps, startApp } from '../../support/start-app.js';

const CLOCK = Date.parse('2026-03-31T16:00:05Z');

describe('Complaints on the simulator', () => {
  let merchant: TestMerchant;
  let simulator: WechatPaySimulator;
  let service: ComplaintService;
  let now: number;
  let told: string[];
  const complaintId = 'C-1';

  beforeAll(async () => {
    merchant = await createTestMerchant();
    @Controller()
    class ComplaintsController {
      @Post('complaints')
      @ComplaintNotification()
      handle(@ComplaintPayload() { event_type, complaint }: ComplaintNotificationPayload): void {
        told.push(`${event_type} ${complaint.action_type} ${complaint.complaint_id}`);
      }
    }
    simulator = await WechatPaySimulator.start({ merchants: [merchant], clock: () => now });
    const { app, url } = await startApp({
      imports: [WechatPayComplaintModule.forRoot(simulator.moduleOptions(merchant))],
      controllers: [ComplaintsController],
    });
    service = app.get(ComplaintService, { strict: false });
    simulator.setRegisteredUrl(merchant, `${url}/complaints`);
  });
  beforeEach(() => {
    now = CLOCK;
    told = [];
  });
  afterEach(async () => {
    await simulator.idle();
  });
  afterAll(async () => {
    await closeApps();
    await simulator.stop();
  });

  const state = async (id: string) => firstValueFrom(service.get(id));
  const latest = async (id: string) => (await firstValueFrom(service.history(id))).data[0];
  let count = 0;
  /** A complaint that no other test knows. */
  async function complain(content: Parameters<typeof simulator.complain>[1] = {}): Promise<string> {
    count += 1;
    const complaint_id = `C-${count}-of-its-own`;
    await simulator.complain(merchant, { complaint_id, ...content });
    told = [];
    return complaint_id;
  }

  it('are filed by a consumer, who is then told of', async () => {
    const { complaint, delivery } = await simulator.complain(merchant, {
      complaint_id: complaintId,
      complaint_detail: '收到的杯子是碎的',
      order: { out_trade_no: 'S-1', amount: 8800 },
      payer_phone: '13912345678',
      images: [PNG],
    });

    expect(delivery).toMatchObject({ accepted: true, attempts: [{ status: 204 }] });
    expect(told).toEqual(['COMPLAINT.CREATE CREATE_COMPLAINT C-1']);
    const found = await state(complaintId);
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
    expect(service.decryptPayerPhone(found)).toBe('13912345678');
    expect(await latest(complaintId)).toMatchObject({
      operator: '投诉人',
      operate_time: '2026-04-01T00:00:05+08:00',
      operate_type: 'USER_CREATE_COMPLAINT',
      operate_details: '收到的杯子是碎的',
    });
  });

  it('keep their pictures, which come unsigned and as they were', async () => {
    const id = await complain({ images: [PNG, JPG] });

    const { complaint_media_list = [] } = await state(id);
    const entry = await latest(id);

    expect(complaint_media_list).toMatchObject([{ media_type: 'USER_COMPLAINT_IMAGE' }]);
    const urls = complaint_media_list.flatMap(({ media_url = [] }) => media_url);
    expect(entry?.image_list).toEqual(urls);
    const images = await Promise.all(
      urls.map(async (url) => {
        const image = await firstValueFrom(service.downloadImage(url));
        return [image.contentType, await buffer(image.stream)];
      }),
    );
    expect(images).toEqual([
      ['image/png', PNG],
      ['image/jpeg', JPG],
    ]);
  });

  it('are answered, with pictures, which WeChat Pay tells after the answer', async () => {
    const id = await complain();
    await simulator.sendUserMessage(merchant, id, { text: '有人吗', images: [PNG] });
    expect(await state(id)).toMatchObject({ incoming_user_response: true });
    expect(await latest(id)).toMatchObject({
      operate_type: 'USER_RESPONSE',
      operate_details: '有人吗',
      complaint_media_list: [{ media_type: 'OPERATION_IMAGE' }],
    });
    const { media_id } = await firstValueFrom(service.uploadImage(PNG, { filename: '凭证.png' }));

    now += 60_000;
    await firstValueFrom(
      service.reply(id, { response_content: '马上补发', response_images: [media_id] }),
    );

    expect(await simulator.idle()).toMatchObject([{ accepted: true }]);
    expect(await simulator.idle()).toEqual([]);
    expect(told).toEqual([
      `COMPLAINT.STATE_CHANGE USER_RESPONSE ${id}`,
      `COMPLAINT.STATE_CHANGE MERCHANT_RESPONSE ${id}`,
    ]);
    expect(await state(id)).toMatchObject({
      complaint_state: 'PROCESSING',
      incoming_user_response: false,
    });
    const entry = await latest(id);
    expect(entry).toMatchObject({
      operate_type: 'MERCHANT_RESPONSE',
      operate_time: '2026-04-01T00:01:05+08:00',
      operate_details: '马上补发',
    });
    const image = await firstValueFrom(service.downloadImage(entry?.image_list?.[0] ?? ''));
    expect(await buffer(image.stream)).toEqual(PNG);
  });

  it('are completed once they have been answered', async () => {
    const id = await complain();

    await expect(firstValueFrom(service.complete(id))).rejects.toMatchObject({
      status: 400,
      code: 'INVALID_REQUEST',
      message: expect.stringContaining('请先回复用户'),
    });
    await firstValueFrom(service.reply(id, { response_content: '您好' }));
    await firstValueFrom(service.complete(id));

    await simulator.idle();
    expect(told.at(-1)).toBe(`COMPLAINT.STATE_CHANGE MERCHANT_CONFIRM_COMPLETE ${id}`);
    expect(await state(id)).toMatchObject({ complaint_state: 'PROCESSED' });
    expect(await latest(id)).toMatchObject({ operate_type: 'MERCHANT_CONFIRM_COMPLETE' });
    await expect(firstValueFrom(service.complete(id))).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
    });

    await simulator.continueComplaint(merchant, id, { text: '还是没有收到' });
    expect(told.at(-1)).toBe(`COMPLAINT.STATE_CHANGE CONTINUE_COMPLAINT ${id}`);
    expect(await state(id)).toMatchObject({
      complaint_state: 'PENDING',
      incoming_user_response: true,
      user_complaint_times: 2,
    });
  });

  it('are refunded: approved first, and then the money arrives', async () => {
    const id = await complain();
    await expect(simulator.settleRefund(merchant, id)).rejects.toThrow('No refund');

    await firstValueFrom(service.approveRefund(id, { launch_refund_day: 1 }));
    await simulator.idle();
    expect(await state(id)).toMatchObject({
      complaint_state: 'PROCESSING',
      complaint_full_refunded: false,
    });
    expect(await latest(id)).toMatchObject({
      operate_type: 'MERCHANT_APPROVE_REFUND',
      operate_details: '将于1个工作日内退款',
    });
    await expect(firstValueFrom(service.rejectRefund(id, {}))).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
    });
    const { complaint } = await simulator.settleRefund(merchant, id);

    expect(complaint.complaint_full_refunded).toBe(true);
    expect(await latest(id)).toMatchObject({
      operate_type: 'COMPLAINT_REFUND_RECEIVED_SYSTEM_MESSAGE',
    });
    expect(told).toEqual([
      `COMPLAINT.STATE_CHANGE MERCHANT_APPROVE_REFUND ${id}`,
      `COMPLAINT.STATE_CHANGE REFUND_SUCCESS ${id}`,
    ]);
    await expect(simulator.settleRefund(merchant, id)).rejects.toThrow('No refund');
  });

  it('are refused a refund, until the consumer complains again', async () => {
    const id = await complain();
    const { media_id } = await firstValueFrom(service.uploadImage(JPG, { filename: 'a.jpg' }));

    const rejection = { reject_reason: '已超过七天', reject_media_list: [media_id] };
    await firstValueFrom(service.rejectRefund(id, rejection));
    await simulator.idle();

    expect(told).toEqual([`COMPLAINT.STATE_CHANGE MERCHANT_REJECT_REFUND ${id}`]);
    expect(await latest(id)).toMatchObject({
      operate_type: 'MERCHANT_REFUSE_RERUND',
      operate_details: '已超过七天',
      image_list: [expect.stringContaining(encodeURIComponent(media_id))],
    });
    await expect(firstValueFrom(service.approveRefund(id))).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
    });
    await simulator.continueComplaint(merchant, id);
    await firstValueFrom(service.approveRefund(id, { remark: '同意' }));
    expect(await latest(id)).toMatchObject({ operate_details: '同意' });
  });

  it('have no refund to decide on when none is asked for', async () => {
    const id = await complain({ problem_type: 'SERVICE_NOT_WORK' });
    expect(await state(id)).not.toHaveProperty('apply_refund_amount');
    await expect(firstValueFrom(service.approveRefund(id))).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
    });
    await simulator.refundOrders(merchant, id);
    expect(told).toEqual([`COMPLAINT.STATE_CHANGE SELLER_REFUND ${id}`]);
    expect(await state(id)).toMatchObject({ complaint_full_refunded: true });
  });

  it('are answered in the chat, once for one idempotent_id', async () => {
    const id = await complain({ need_immediate_service: true });
    const response = {
      message: { blocks: [{ type: 'TEXT' as const, text: { text: '您好' } }] },
      idempotent_id: 'answer-1',
    };

    const first = await firstValueFrom(service.replyImmediately(id, response));
    const again = await firstValueFrom(service.replyImmediately(id, response));

    expect(again).toEqual(first);
    await simulator.idle();
    expect(told).toEqual([`COMPLAINT.STATE_CHANGE MERCHANT_RESPONSE ${id}`]);
    const { data } = await firstValueFrom(service.history(id));
    expect(data).toHaveLength(2);
    expect(data[0]).toMatchObject({ ...first, normal_message: response.message });
  });

  it('are joined by the platform', async () => {
    const id = await complain();

    await expect(simulator.cancelPlatformService(merchant, id)).rejects.toThrow('Nobody has asked');
    await simulator.applyPlatformService(merchant, id, {
      reason: '商家不理',
      description: '三天了',
    });
    expect(await state(id)).toMatchObject({ in_platform_service: true });
    expect(await latest(id)).toMatchObject({
      operate_type: 'USER_APPLY_PLATFORM_SERVICE',
      user_appy_platform_service_reason: '商家不理',
      user_appy_platform_service_reason_description: '三天了',
    });
    await simulator.cancelPlatformService(merchant, id);
    expect(await state(id)).toMatchObject({ in_platform_service: false });
    await simulator.applyPlatformService(merchant, id);
    await simulator.sendPlatformMessage(merchant, id, { text: '请商家尽快处理' });
    await simulator.finishPlatformService(merchant, id);

    expect(await state(id)).toMatchObject({ in_platform_service: false });
    expect(told.map((line) => line.split(' ')[1])).toEqual([
      'USER_APPLY_PLATFORM_SERVICE',
      'USER_CANCEL_PLATFORM_SERVICE',
      'USER_APPLY_PLATFORM_SERVICE',
      'RESPONSE_BY_PLATFORM',
      'PLATFORM_SERVICE_FINISHED',
    ]);
  });

  it('are listed by the day in China, newest first, in pages', async () => {
    const file = (complaint_id: string, complaint_time: string, complainted_mchid?: string) =>
      simulator.complain(merchant, {
        complaint_id,
        complaint_time,
        ...(complainted_mchid !== undefined && { complainted_mchid }),
      });
    await file('D-1', '2025-01-31T15:59:59Z');
    await file('D-2', '2025-01-31T16:00:00Z');
    await file('D-4', '2025-02-28T23:59:59+08:00', '1900009999');
    await file('D-3', '2025-02-14T12:00:00+08:00');
    await file('D-5', '2025-03-01T00:00:00+08:00');
    const february = { begin_date: '2025-02-01', end_date: '2025-02-28' };

    const { data, total_count } = await firstValueFrom(service.list(february));

    expect(total_count).toBe(3);
    expect(data.map(({ complaint_id }) => complaint_id)).toEqual(['D-4', 'D-3', 'D-2']);
    expect(data.every((complaint) => !('payer_openid' in complaint))).toBe(true);
    expect(await state('D-3')).toHaveProperty('payer_openid');
    const page = await firstValueFrom(service.list({ ...february, limit: 1, offset: 1 }));
    expect(page).toMatchObject({ data: [{ complaint_id: 'D-3' }], limit: 1, offset: 1 });
    const theirs = { ...february, complainted_mchid: '1900009999' };
    const [only, ...others] = await lastValueFrom(service.listAll(theirs).pipe(toArray()));
    expect([only?.complaint_id, others]).toEqual(['D-4', []]);
  });

  it('have a history in pages, newest first', async () => {
    const id = await complain();
    for (const text of ['1', '2', '3']) await simulator.sendUserMessage(merchant, id, { text });

    const { data, total_count } = await firstValueFrom(
      service.history(id, { limit: 2, offset: 1 }),
    );

    expect(total_count).toBe(4);
    expect(data.map(({ operate_details }) => operate_details)).toEqual(['2', '1']);
    expect(simulator.complaintHistory(merchant, id)).toHaveLength(4);
  });

  it('are known, whoever asks', async () => {
    const id = await complain();
    expect(simulator.complaints(merchant)).toContainEqual(await state(id));
    await expect(simulator.sendUserMessage(merchant, 'C-0', { text: '' })).rejects.toThrow('C-0');
    await expect(simulator.complain(merchant, { complaint_id: id })).rejects.toThrow('already');
    await expect(simulator.complain(merchant, { images: [Buffer.from('GIF89a')] })).rejects.toThrow(
      'no JPG, BMP or PNG',
    );
  });

  it('take effect though an answer is a probe, and do not when another is given', async () => {
    const id = await complain();

    simulator.injectFaults('probe');
    await expect(
      firstValueFrom(service.reply(id, { response_content: '您好' })),
    ).rejects.toMatchObject({ code: 'SIGNATURE_PROBE' });
    expect(await state(id)).toMatchObject({ complaint_state: 'PROCESSING' });
    simulator.injectFaults({ status: 403, code: 'NO_AUTH', message: '无权限' });
    await expect(firstValueFrom(service.complete(id))).rejects.toMatchObject({ code: 'NO_AUTH' });
    expect(await state(id)).toMatchObject({ complaint_state: 'PROCESSING' });
  });

  it('are kept without a word where no URL is registered', async () => {
    const url = simulator.registeredUrl(merchant);
    simulator.setRegisteredUrl(merchant, undefined);
    const { delivery, complaint } = await simulator.complain(merchant);
    await firstValueFrom(service.reply(complaint.complaint_id, { response_content: '您好' }));
    expect(delivery).toBeUndefined();
    expect(await simulator.idle()).toEqual([]);

    simulator.setRegisteredUrl(merchant, 'https://shop.example.com/nowhere');
    await firstValueFrom(service.complete(complaint.complaint_id));
    await expect(simulator.idle()).rejects.toThrow('mapHost');
    simulator.setRegisteredUrl(merchant, url);
    expect(told).toEqual([]);
  });
});
