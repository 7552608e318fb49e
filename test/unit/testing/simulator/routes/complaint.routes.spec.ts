import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  createTestMerchant,
  type TestMerchant,
  WechatPaySimulator,
} from 'nestjs-wechatpay-complaint/testing';
import { call, errorIn, type HttpResponse, isSignedBy } from '../signed-call.js';

const PREFIX = '/v3/merchant-service';
const COMPLAINTS = `${PREFIX}/complaints-v2`;
const MARCH = 'begin_date=2026-03-01&end_date=2026-03-31';
const CLOCK = Date.parse('2026-03-15T12:00:00+08:00');
const LARGE = {
  status: 400,
  code: 'INVALID_REQUEST',
  message: '当前查询结果数据量过大，请缩小limit后重试',
};

interface PageOfComplaints {
  readonly data: readonly { readonly complaint_id: string }[];
  readonly total_count?: number;
}

/** With calls that ComplaintService would not send. */
describe('The calls for complaints', () => {
  let merchant: TestMerchant;
  let other: TestMerchant;
  let simulator: WechatPaySimulator;
  beforeAll(async () => {
    [merchant, other] = await Promise.all([createTestMerchant(), createTestMerchant()]);
    simulator = await WechatPaySimulator.start({
      merchants: [merchant, other],
      clock: () => CLOCK,
      maxResultSize: 2,
    });
    await simulator.complain(merchant, { complaint_id: 'C-1' });
    await simulator.complain(merchant, { complaint_id: 'C/ 2' });
    await simulator.complain(merchant, { complaint_id: 'C-3' });
    await simulator.complain(merchant, { complaint_id: 'C-4', complainted_mchid: '1900009999' });
    await simulator.complain(other, { complaint_id: 'O-1' });
  });
  afterAll(() => simulator.stop());

  const send = (method: string, target: string, body?: object): Promise<HttpResponse> =>
    call(simulator, merchant, { method, target, body: body && JSON.stringify(body) });
  const act = (id: string, step: string, body: object): Promise<HttpResponse> =>
    send('POST', `${COMPLAINTS}/${id}/${step}`, body);
  async function pageOf(target: string): Promise<PageOfComplaints> {
    return JSON.parse((await send('GET', target)).text) as PageOfComplaints;
  }

  describe('reject', () => {
    it.each([
      ['no range', 'limit=10', 'begin_date'],
      ['no end', 'begin_date=2026-03-01', 'end_date'],
      ['another form of date', 'begin_date=20260301&end_date=2026-03-02', 'begin_date'],
      ['a day that does not exist', 'begin_date=2026-02-01&end_date=2026-02-30', 'end_date'],
      ['a month that does not exist', 'begin_date=2026-13-01&end_date=2026-02-30', 'begin_date'],
      ['an end before its begin', 'begin_date=2026-03-02&end_date=2026-03-01', 'end_date'],
      ['more than 30 days', 'begin_date=2026-03-01&end_date=2026-04-01', 'end_date'],
      ['a limit of 0', `${MARCH}&limit=0`, 'limit'],
      ['a limit of 51', `${MARCH}&limit=51`, 'limit'],
      ['an offset below 0', `${MARCH}&offset=-1`, 'offset'],
    ])('a list with %s', async (_case, query, field) => {
      expect(errorIn(await send('GET', `${COMPLAINTS}?${query}`))).toMatchObject({
        status: 400,
        code: 'PARAM_ERROR',
        detail: { field, location: 'query', issue: expect.any(String) },
      });
    });

    it('a history with a limit of 301', async () => {
      const response = await send('GET', `${COMPLAINTS}/C-1/negotiation-historys?limit=301`);

      expect(errorIn(response)).toMatchObject({ code: 'PARAM_ERROR', detail: { field: 'limit' } });
    });

    const message = { blocks: [{ type: 'TEXT', text: { text: '您好' } }] };

    it.each<[string, string, object, string]>([
      ['no JSON object', 'response', [], 'body'],
      ['no merchant', 'complete', { complainted_mchid: undefined }, 'complainted_mchid'],
      ['no content', 'response', { response_content: '' }, 'response_content'],
      ['a number', 'response', { response_content: 1 }, 'response_content'],
      ['a long text', 'response', { response_content: '好'.repeat(501) }, 'response_content'],
      [
        'unknown images',
        'response',
        { response_content: '您好', response_images: ['1'] },
        'response_images',
      ],
      [
        'no list of images',
        'response',
        { response_content: '您好', response_images: '1' },
        'response_images',
      ],
      ['no message', 'response-immediate-service', { idempotent_id: '1' }, 'message'],
      [
        'no blocks',
        'response-immediate-service',
        { idempotent_id: '1', message: { blocks: [] } },
        'message',
      ],
      ['no idempotent_id', 'response-immediate-service', { message }, 'idempotent_id'],
      ['no action', 'update-refund-progress', {}, 'action'],
      [
        'half a day',
        'update-refund-progress',
        { action: 'APPROVE', launch_refund_day: 0.5 },
        'launch_refund_day',
      ],
      [
        'a day for a refund that is rejected',
        'update-refund-progress',
        { action: 'REJECT', reject_reason: '否', launch_refund_day: 1 },
        'launch_refund_day',
      ],
      [
        'a long reason',
        'update-refund-progress',
        { action: 'REJECT', reject_reason: '否'.repeat(201) },
        'reject_reason',
      ],
    ])('%s in %s', async (_case, step, fields, field) => {
      const body = Array.isArray(fields)
        ? fields
        : { complainted_mchid: merchant.mchid, ...fields };

      expect(errorIn(await act('C-1', step, body))).toMatchObject({
        status: 400,
        code: 'PARAM_ERROR',
        detail: { field },
      });
      expect(simulator.complaintHistory(merchant, 'C-1')).toHaveLength(1);
    });
  });

  describe('respond with NO_AUTH', () => {
    const reply = { response_content: '您好' };
    const immediate = {
      idempotent_id: '1',
      message: { blocks: [{ type: 'TEXT', text: { text: '您好' } }] },
    };
    const NOT_YOURS_TO_REPLY = '您暂无权限为该投诉单提交商户回复';

    it.each<[string, object, string]>([
      ['response', reply, NOT_YOURS_TO_REPLY],
      ['response-immediate-service', immediate, NOT_YOURS_TO_REPLY],
      ['complete', {}, '无权限'],
      ['update-refund-progress', { action: 'APPROVE' }, '无权限'],
    ])("to %s on another merchant's complaint", async (step, fields, message) => {
      const response = await act('O-1', step, { complainted_mchid: other.mchid, ...fields });

      expect(errorIn(response)).toEqual({ status: 403, code: 'NO_AUTH', message });
      expect(simulator.complaintHistory(other, 'O-1')).toHaveLength(1);
    });

    it.each(['', '/negotiation-historys'])(
      "to reading another merchant's complaint: /O-1%s",
      async (path) => {
        expect(errorIn(await send('GET', `${COMPLAINTS}/O-1${path}`))).toEqual({
          status: 403,
          code: 'NO_AUTH',
          message: '您暂无权限查询该投诉单的信息',
        });
      },
    );

    it('to a reply that names another merchant than the complaint does', async () => {
      const own = await act('C-4', 'response', { complainted_mchid: merchant.mchid, ...reply });
      const named = await act('C-4', 'response', { complainted_mchid: '1900009999', ...reply });

      expect(errorIn(own)).toMatchObject({ status: 403, message: NOT_YOURS_TO_REPLY });
      expect(named.status).toBe(204);
    });
  });

  it.each([
    ['GET', `${COMPLAINTS}/C-0`],
    ['GET', `${COMPLAINTS}/C-0/negotiation-historys`],
    ['GET', `${COMPLAINTS}/%`],
    ['GET', `${COMPLAINTS}/C-1/elsewhere`],
    ['DELETE', `${COMPLAINTS}/C-1`],
  ])('respond with a signed 404 to %s %s', async (method, target) => {
    const response = await send(method, target);

    expect(errorIn(response)).toMatchObject({ status: 404, code: 'RESOURCE_NOT_EXISTS' });
    expect(isSignedBy(response, merchant.publicKey)).toBe(true);
  });

  it('decode escapes in the id', async () => {
    const { text } = await send('GET', `${COMPLAINTS}/C%2F%202`);

    expect(JSON.parse(text)).toMatchObject({ complaint_id: 'C/ 2' });
  });

  describe('for pages', () => {
    it('count the complaints on the first page only', async () => {
      const first = await pageOf(`${COMPLAINTS}?${MARCH}&limit=2`);
      const second = await pageOf(`${COMPLAINTS}?${MARCH}&limit=2&offset=2`);

      expect(first).toMatchObject({ limit: 2, offset: 0, total_count: 4 });
      expect(second).toMatchObject({ limit: 2, offset: 2 });
      expect(second).not.toHaveProperty('total_count');
      const ids = [...first.data, ...second.data].map(({ complaint_id }) => complaint_id);
      expect(ids.sort()).toEqual(['C-1', 'C-3', 'C-4', 'C/ 2']);
    });

    it('count the entries on the first page only', async () => {
      const history = `${COMPLAINTS}/C%2F%202/negotiation-historys`;

      expect(await pageOf(`${history}?limit=2`)).toMatchObject({ total_count: 1 });
      expect(await pageOf(`${history}?limit=2&offset=1`)).toEqual({
        data: [],
        limit: 2,
        offset: 1,
      });
    });

    it('ask for a smaller limit when a list is larger than maxResultSize', async () => {
      expect(errorIn(await send('GET', `${COMPLAINTS}?${MARCH}&limit=3`))).toEqual(LARGE);
      expect((await send('GET', `${COMPLAINTS}?${MARCH}&limit=3&offset=2`)).status).toBe(200);
    });

    it('ask for a smaller limit when a history is larger than maxResultSize', async () => {
      await simulator.sendUserMessage(merchant, 'C-3', { text: '1' });
      const history = `${COMPLAINTS}/C-3/negotiation-historys`;
      expect((await send('GET', history)).status).toBe(200);
      await simulator.sendUserMessage(merchant, 'C-3', { text: '2' });

      expect(errorIn(await send('GET', history))).toEqual(LARGE);
      expect((await send('GET', `${history}?limit=2`)).status).toBe(200);
    });
  });
});
