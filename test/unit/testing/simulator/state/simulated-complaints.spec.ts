import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { ComplaintHistoryEntry, ComplaintService } from 'nestjs-wechatpay-complaint';
import {
  createTestMerchant,
  type SimulatedComplaintContent,
  type TestMerchant,
  WechatPaySimulator,
} from 'nestjs-wechatpay-complaint/testing';
import { firstValueFrom } from 'rxjs';
import { closeAll, startClient } from '../../../../support/client-bench.js';
import { signedHeaders } from '../../../../support/client-http.js';
import { JPG, PNG } from '../../../../support/small-images.js';

const CLOCK = Date.parse('2026-03-31T16:00:05Z');
const HOUR = 60 * 60 * 1000;
const ORIGIN = 'https://api.mch.weixin.qq.com';
/** How the service responds to a second decision on a refund. */
const DECIDED = {
  status: 400,
  code: 'INVALID_REQUEST',
  message: expect.stringContaining('当前单据状态不支持操作'),
};

describe('The complaints of the simulator', () => {
  let merchant: TestMerchant;
  let simulator: WechatPaySimulator;
  let service: ComplaintService;
  let now: number;

  beforeAll(async () => {
    merchant = await createTestMerchant();
    simulator = await WechatPaySimulator.start({ merchants: [merchant], clock: () => now });
  });
  beforeEach(async () => {
    now = CLOCK;
    service = (await startClient(simulator.moduleOptions(merchant))).complaints;
  });
  afterEach(closeAll);
  afterAll(() => simulator.stop());

  const state = (id: string) => firstValueFrom(service.get(id));
  async function latest(id: string): Promise<ComplaintHistoryEntry> {
    const { data } = await firstValueFrom(service.history(id));
    if (!data[0]) throw new Error('The history is empty.');
    return data[0];
  }
  let count = 0;
  /** A complaint that no other test knows. */
  async function complain(content: SimulatedComplaintContent = {}): Promise<string> {
    count += 1;
    const complaint_id = `C-${count}`;
    await simulator.complain(merchant, { complaint_id, ...content });
    return complaint_id;
  }
  async function uploadImage(bytes: Buffer, filename: string): Promise<string> {
    return (await firstValueFrom(service.uploadImage(bytes, { filename }))).media_id;
  }
  /** What the image API returns for a URL of a complaint. */
  async function download(url: string): Promise<Buffer> {
    const target = url.slice(ORIGIN.length);
    const response = await fetch(`${simulator.url}${target}`, {
      headers: signedHeaders(merchant, { target }),
    });
    expect(response.status).toBe(200);
    return Buffer.from(await response.arrayBuffer());
  }

  describe('with images', () => {
    it("have the consumer's in complaint_media_list alone, with new URLs at every read", async () => {
      const id = await complain({ images: [PNG, JPG] });

      const reads = [await state(id), await state(id)];
      const [entry] = simulator.complaintHistory(merchant, id);

      const urls = reads.map(({ complaint_media_list = [] }) =>
        complaint_media_list.flatMap(({ media_url = [] }) => media_url),
      );
      expect(reads[0]?.complaint_media_list).toMatchObject([
        { media_type: 'USER_COMPLAINT_IMAGE' },
      ]);
      expect(new Set(urls.flat()).size).toBe(4);
      for (const read of urls) {
        expect(await Promise.all(read.map(download))).toEqual([PNG, JPG]);
      }
      expect(entry).toMatchObject({
        image_list: [],
        complaint_media_list: {
          media_type: 'USER_COMPLAINT_IMAGE',
          media_url: [expect.any(String), expect.any(String)],
        },
      });
    });

    it("have the merchant's also in image_list, as links without any signature", async () => {
      const id = await complain();
      const media_id = await uploadImage(PNG, '凭证.png');
      const reply = { response_content: '马上补发', response_images: [media_id] };
      await firstValueFrom(service.reply(id, reply));

      const { image_list = [], complaint_media_list } =
        simulator.complaintHistory(merchant, id)[0] ?? {};

      expect(complaint_media_list).toMatchObject({ media_type: 'OPERATION_IMAGE' });
      const [url = ''] = complaint_media_list?.media_url ?? [];
      expect(await download(url)).toEqual(PNG);
      expect(url).not.toContain(encodeURIComponent(media_id));
      expect(image_list).toEqual([expect.stringMatching(`^${simulator.url}/.+\\?sign=`)]);
      const response = await fetch(image_list[0] ?? '');
      expect(response.headers.get('content-type')).toBe('image/png');
      expect(response.headers.get('wechatpay-signature')).toBeNull();
      expect(Buffer.from(await response.arrayBuffer())).toEqual(PNG);
    });

    it("have links to the platform's, which expire after an hour", async () => {
      const id = await complain();
      await simulator.sendPlatformMessage(merchant, id, { text: '请看', images: [JPG] });
      const [link = ''] = (await latest(id)).image_list ?? [];

      now += HOUR - 1000;
      expect((await fetch(link)).status).toBe(200);
      now += 2000;
      expect((await fetch(link)).status).toBe(403);
      const [renewed = ''] = (await latest(id)).image_list ?? [];
      expect((await fetch(renewed)).status).toBe(200);
    });

    it('spend no fault on a link', async () => {
      const id = await complain();
      await simulator.sendPlatformMessage(merchant, id, { images: [PNG] });
      const [link = ''] = (await latest(id)).image_list ?? [];
      simulator.injectFaults({ status: 403, code: 'NO_AUTH', message: '无权限' });

      expect((await fetch(link)).status).toBe(200);
      await expect(state(id)).rejects.toMatchObject({ code: 'NO_AUTH' });
    });
  });

  it('take a reply', async () => {
    const id = await complain();
    await simulator.sendUserMessage(merchant, id, { text: '有人吗' });
    now += 60_000;

    await firstValueFrom(service.reply(id, { response_content: '马上补发' }));

    expect(await state(id)).toMatchObject({
      complaint_state: 'PROCESSING',
      incoming_user_response: false,
    });
    expect(await latest(id)).toMatchObject({
      operator: '商家',
      operate_type: 'MERCHANT_RESPONSE',
      operate_time: '2026-04-01T00:01:05+08:00',
      operate_details: '马上补发',
      image_list: [],
    });
  });

  it('take one immediate reply for each idempotent_id', async () => {
    const id = await complain({ need_immediate_service: true });
    const reply = {
      message: { blocks: [{ type: 'TEXT' as const, text: { text: '您好' } }] },
      idempotent_id: 'reply-1',
    };

    const first = await firstValueFrom(service.replyImmediately(id, reply));
    const again = await firstValueFrom(service.replyImmediately(id, reply));

    expect(again).toEqual(first);
    const { data } = await firstValueFrom(service.history(id));
    expect(data).toHaveLength(2);
    expect(data[0]).toMatchObject({ ...first, normal_message: reply.message });
  });

  it('are completed after a reply, and once', async () => {
    const id = await complain();

    await expect(firstValueFrom(service.complete(id))).rejects.toMatchObject({
      status: 400,
      code: 'INVALID_REQUEST',
      message: expect.stringContaining('请先回复用户'),
    });
    await firstValueFrom(service.reply(id, { response_content: '您好' }));
    await firstValueFrom(service.complete(id));

    expect(await state(id)).toMatchObject({ complaint_state: 'PROCESSED' });
    expect(await latest(id)).toMatchObject({ operate_type: 'MERCHANT_CONFIRM_COMPLETE' });
    await expect(firstValueFrom(service.complete(id))).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
    });
  });

  describe('with a refund', () => {
    it('take one decision: an approval', async () => {
      const id = await complain();

      await firstValueFrom(service.approveRefund(id, { launch_refund_day: 1 }));

      expect(await state(id)).toMatchObject({
        complaint_state: 'PROCESSING',
        complaint_full_refunded: false,
      });
      expect(await latest(id)).toMatchObject({
        operate_type: 'MERCHANT_APPROVE_REFUND',
        operate_details: '将于1个工作日内退款',
      });
      await expect(firstValueFrom(service.approveRefund(id))).rejects.toMatchObject(DECIDED);
    });

    it('take one decision: a rejection with its images', async () => {
      const id = await complain();
      const media_id = await uploadImage(JPG, 'a.jpg');
      const rejection = { reject_reason: '已超过七天', reject_media_list: [media_id] };

      await firstValueFrom(service.rejectRefund(id, rejection));

      const entry = await latest(id);
      expect(entry).toMatchObject({
        operate_type: 'MERCHANT_REFUSE_RERUND',
        operate_details: '已超过七天',
      });
      const [link = ''] = entry.image_list ?? [];
      expect(Buffer.from(await (await fetch(link)).arrayBuffer())).toEqual(JPG);
      await expect(firstValueFrom(service.approveRefund(id))).rejects.toMatchObject(DECIDED);
    });

    it('take no decision after the orders were refunded', async () => {
      const id = await complain();
      await simulator.refundOrders(merchant, id);

      await expect(firstValueFrom(service.approveRefund(id))).rejects.toMatchObject(DECIDED);
    });

    it('take another decision when the consumer has complained again', async () => {
      const id = await complain();
      await firstValueFrom(service.rejectRefund(id, {}));
      await simulator.continueComplaint(merchant, id);

      await firstValueFrom(service.approveRefund(id, { remark: '同意' }));

      expect(await latest(id)).toMatchObject({ operate_details: '同意' });
    });

    it('that nobody applied for take no decision', async () => {
      const id = await complain({ problem_type: 'SERVICE_NOT_WORK' });

      await expect(firstValueFrom(service.approveRefund(id))).rejects.toMatchObject({
        code: 'INVALID_REQUEST',
      });
    });
  });

  it('are listed by the day in China, newest first', async () => {
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
    const idsOf = async (query: Parameters<typeof service.list>[0]) =>
      (await firstValueFrom(service.list(query))).data.map(({ complaint_id }) => complaint_id);

    expect(await idsOf(february)).toEqual(['D-4', 'D-3', 'D-2']);
    expect(await idsOf({ ...february, limit: 1, offset: 1 })).toEqual(['D-3']);
    expect(await idsOf({ ...february, complainted_mchid: '1900009999' })).toEqual(['D-4']);
  });

  it('tell payer_openid in a look-up, not in a list', async () => {
    await simulator.complain(merchant, {
      complaint_id: 'E-1',
      complaint_time: '2024-02-01T00:00:00+08:00',
    });
    const day = { begin_date: '2024-02-01', end_date: '2024-02-01' };

    const { data } = await firstValueFrom(service.list(day));

    expect(data).toHaveLength(1);
    expect(data[0]).not.toHaveProperty('payer_openid');
    expect(await state('E-1')).toHaveProperty('payer_openid');
  });

  it('have a history, newest first', async () => {
    const id = await complain();
    for (const text of ['1', '2', '3']) await simulator.sendUserMessage(merchant, id, { text });

    const { data } = await firstValueFrom(service.history(id, { limit: 2, offset: 1 }));

    expect(data.map(({ operate_details }) => operate_details)).toEqual(['2', '1']);
    expect(simulator.complaintHistory(merchant, id)).toHaveLength(4);
  });

  it('change although the response is a probe, and not when another response is injected', async () => {
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
});
