import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Injectable } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  ComplaintService,
  type MessageBlock,
  WechatPayApiError,
  WechatPayComplaintModule,
  WechatPaySignatureError,
} from 'nestjs-wechatpay-complaint';
import {
  createTestMerchant,
  signNotificationBody,
  type TestMerchant,
} from 'nestjs-wechatpay-complaint/testing';
import { firstValueFrom } from 'rxjs';
import { closeAll, errorOf, valuesOf } from '../../support/client-bench.js';
import {
  isSignedOver,
  startComplaintBench,
  startComplaintServer,
} from '../../support/complaint-server.js';
import {
  CALLS,
  COMPLAINT,
  COMPLAINT_ID,
  COMPLAINTS_PATH,
  ENTRY,
  WHOLE_COMPLAINT,
  WHOLE_ENTRY,
} from '../../support/complaint-samples.js';

const FAST = { attempts: 2, baseDelay: 1, maxDelay: 1 };
const READS = CALLS.filter(({ method }) => method === 'GET');
const WRITES = CALLS.filter(({ method }) => method === 'POST');

let merchant: TestMerchant;
beforeAll(async () => {
  merchant = await createTestMerchant({ mchid: '1900000109' });
});
afterEach(closeAll);

describe('A call on complaints', () => {
  it.each(CALLS)('$name sends $method as documented, and emits the answer', async (call) => {
    const { complaints, calls } = await startComplaintBench(merchant, () => call);

    expect(await valuesOf(call.run(complaints))).toStrictEqual([call.emits]);

    expect(calls).toHaveLength(1);
    const [sent] = calls;
    expect(sent).toMatchObject({ method: call.method, target: call.target });
    expect(sent?.body.toString()).toBe(call.body);
    expect(sent?.headers['content-type']).toBe(call.body === '' ? undefined : 'application/json');
    expect(sent && isSignedOver(merchant, sent, call.body)).toBe(true);
  });

  it.each(CALLS)('$name is cold, and signed anew by every subscription', async (call) => {
    const { complaints, calls } = await startComplaintBench(merchant, () => call);
    const subscribable = call.run(complaints);
    expect(calls).toEqual([]);
    await valuesOf(subscribable);
    await valuesOf(subscribable);

    expect(new Set(calls.map(({ headers }) => headers.authorization)).size).toBe(2);
  });

  it.each(CALLS)('$name takes a request config for itself', async (call) => {
    const { complaints, calls } = await startComplaintBench(merchant, () => call);
    await valuesOf(call.run(complaints, { headers: { 'X-One': 'call' } }));

    expect(calls[0]?.headers['x-one']).toBe('call');
  });

  it.each(CALLS)('$name believes no answer without a signature', async (call) => {
    const { complaints } = await startComplaintBench(merchant, () => (response) => {
      response.writeHead(200).end(JSON.stringify(call.json ?? {}));
    });

    const error = await errorOf(call.run(complaints));
    expect(error).toBeInstanceOf(WechatPaySignatureError);
    expect(error).toMatchObject({ code: 'MISSING_HEADERS' });
  });

  it.each(CALLS)('$name says that there is no such complaint', async (call) => {
    const { complaints } = await startComplaintBench(merchant, () => ({
      status: 404,
      json: { code: 'RESOURCE_NOT_EXISTS', message: '投诉单不存在' },
    }));

    const error = await errorOf(call.run(complaints));
    expect(error).toBeInstanceOf(WechatPayApiError);
    expect(error).toMatchObject({
      code: 'RESOURCE_NOT_EXISTS',
      message: expect.stringContaining(
        `${call.method} ${call.target} was answered with 404 RESOURCE_NOT_EXISTS: 投诉单不存在 ` +
          '[This merchant has no such complaint.]',
      ),
    });
  });

  it('can be made by whatever imports the module', async () => {
    @Injectable()
    class Desk {
      constructor(readonly complaints: ComplaintService) {}
    }
    const { url } = await startComplaintServer(merchant, () => ({ json: COMPLAINT }));
    const options = { ...merchant.options, baseUrls: [url] };
    const module = await Test.createTestingModule({
      imports: [WechatPayComplaintModule.forRoot(options)],
      providers: [Desk],
    }).compile();

    const { complaints } = module.get(Desk);
    expect(await valuesOf(complaints.get(COMPLAINT_ID))).toEqual([COMPLAINT]);
    await module.close();
  });

  it('names another merchant where it is told to', async () => {
    const { complaints, calls } = await startComplaintBench(merchant);
    await valuesOf(complaints.complete(COMPLAINT_ID, { complainted_mchid: '1900012181' }));
    await valuesOf(
      complaints.reply(COMPLAINT_ID, { response_content: '好', complainted_mchid: '1900012181' }),
    );

    expect(calls.map(({ body }) => String(body))).toEqual([
      '{"complainted_mchid":"1900012181"}',
      '{"response_content":"好","complainted_mchid":"1900012181"}',
    ]);
  });

  it('sends every documented field of an answer', async () => {
    const { complaints, calls } = await startComplaintBench(merchant);
    const response = {
      response_content: '好'.repeat(500),
      response_images: ['1', '2', '3', '4'],
      jump_url: 'https://shop.example.com/orders?id=1',
      jump_url_text: '一二三四五六七八九十',
      mini_program_jump_info: { appid: 'wx8888888888888888', path: 'pages/index', text: '订单' },
    };
    await valuesOf(complaints.reply(COMPLAINT_ID, response));

    expect(JSON.parse(String(calls[0]?.body))).toEqual({
      ...response,
      complainted_mchid: merchant.mchid,
    });
  });

  it('needs nothing but an id to approve a refund, and cannot be made to reject it', async () => {
    const { complaints, calls } = await startComplaintBench(merchant);
    await valuesOf(complaints.approveRefund(COMPLAINT_ID));
    const approval: object = { action: 'REJECT' };
    await valuesOf(complaints.approveRefund(COMPLAINT_ID, approval));

    expect(calls.map(({ body }) => String(body))).toEqual(Array(2).fill('{"action":"APPROVE"}'));
  });

  it('asks for what WeChat Pay takes as its default without limit and offset', async () => {
    const answer = { limit: 10, offset: 0 };
    const { complaints, calls } = await startComplaintBench(merchant, () => ({ json: answer }));
    const range = { begin_date: '2020-02-29', end_date: '2020-02-29' };

    expect(await valuesOf(complaints.list(range))).toEqual([{ ...answer, data: [] }]);
    expect(await valuesOf(complaints.history(COMPLAINT_ID))).toEqual([{ ...answer, data: [] }]);
    expect(calls.map(({ target }) => target)).toEqual([
      `${COMPLAINTS_PATH}?begin_date=2020-02-29&end_date=2020-02-29`,
      `${COMPLAINTS_PATH}/${COMPLAINT_ID}/negotiation-historys`,
    ]);
  });

  it.each([
    ['a/b?c#d', 'a%2Fb%3Fc%23d'],
    ["it's(1)*!", 'it%27s%281%29%2A%21'],
    ['%2e%2e', '%252e%252e'],
    ['投诉', '%E6%8A%95%E8%AF%89'],
  ])('keeps the id %s within its segment of the path', async (id, segment) => {
    const { complaints, calls } = await startComplaintBench(merchant, () => ({ json: COMPLAINT }));
    await valuesOf(complaints.get(id));

    const [sent] = calls;
    expect(sent?.target).toBe(`${COMPLAINTS_PATH}/${segment}`);
    expect(sent && isSignedOver(merchant, sent, '')).toBe(true);
  });

  it.each(READS)('$name is sent again after a 500', async (call) => {
    const answer = (_: unknown, index: number) => (index === 0 ? { status: 500, json: {} } : call);
    const { complaints, calls } = await startComplaintBench(merchant, answer, { retry: FAST });

    expect(await valuesOf(call.run(complaints))).toHaveLength(1);
    expect(calls).toHaveLength(2);
  });

  it.each(WRITES.filter(({ name }) => name !== 'respondImmediately'))(
    '$name is not sent again after a connection that broke: it may have been told',
    async (call) => {
      const { complaints, calls } = await startComplaintBench(
        merchant,
        () => (response) => response.destroy(),
        { retry: FAST },
      );

      expect(await errorOf(call.run(complaints))).toMatchObject({ code: 'ECONNRESET' });
      expect(calls).toHaveLength(1);
    },
  );

  it('respondImmediately is sent again after a connection that broke, with the same id', async () => {
    const [call] = WRITES.filter(({ name }) => name === 'respondImmediately');
    const { complaints, calls } = await startComplaintBench(
      merchant,
      (_, index) => (index === 0 ? (response) => response.destroy() : (call ?? {})),
      { retry: FAST },
    );

    expect(call && (await valuesOf(call.run(complaints)))).toEqual([{ log_id: '30028' }]);
    expect(calls.map(({ body }) => String(body))).toEqual([call?.body, call?.body]);
  });

  it('reads a page of more than one mebibyte', async () => {
    const data = Array.from({ length: 50 }, (_, index) => ({
      ...WHOLE_COMPLAINT,
      complaint_id: String(index),
      complaint_detail: '投'.repeat(10_000),
    }));
    const json = { data, limit: 50, offset: 0, total_count: 50 };
    const { complaints } = await startComplaintBench(merchant, () => ({ json }));

    const { data: read } = await firstValueFrom(
      complaints.list({ begin_date: '2019-01-01', end_date: '2019-01-01' }),
    );
    expect(read).toEqual(data);
  });
});

describe('What is read of an answer', () => {
  async function faultOf(name: string, json: unknown): Promise<string> {
    const { complaints } = await startComplaintBench(merchant, () => ({ json }));
    const [call] = CALLS.filter((candidate) => candidate.name === name);
    const error = call && (await errorOf(call.run(complaints)));
    expect(error).toBeInstanceOf(WechatPayApiError);
    expect(error).toMatchObject({ code: 'MALFORMED_RESPONSE', status: 200 });
    const { apiMessage, requestId } = error as WechatPayApiError;
    expect(requestId).toMatch(/^[0-9a-f-]{36}$/);
    return apiMessage;
  }

  it.each([...Object.keys(COMPLAINT).filter((name) => name !== 'field_of_tomorrow')])(
    'is refused without %s of a complaint',
    async (name) => {
      expect(await faultOf('get', { ...WHOLE_COMPLAINT, [name]: undefined })).toBe(
        `the answer is genuine, but ${name} is missing`,
      );
    },
  );

  it.each(Object.keys(WHOLE_COMPLAINT).filter((name) => name !== 'field_of_tomorrow'))(
    'is refused with another type of %s of a complaint',
    async (name) => {
      const wrong = typeof WHOLE_COMPLAINT[name] === 'string' ? 1 : 'text';
      expect(await faultOf('get', { ...WHOLE_COMPLAINT, [name]: wrong })).toContain(
        `${name} is of type ${typeof wrong}, not `,
      );
    },
  );

  it.each([...Object.keys(ENTRY)])(
    'is refused without %s of an entry of the history',
    async (name) => {
      const data = [WHOLE_ENTRY, { ...WHOLE_ENTRY, [name]: null }];
      expect(await faultOf('history', { data, limit: 5, offset: 0 })).toBe(
        `the answer is genuine, but data[1].${name} is missing`,
      );
    },
  );

  it.each(Object.keys(WHOLE_ENTRY))(
    'is refused with another type of %s of an entry of the history',
    async (name) => {
      const data = [{ ...WHOLE_ENTRY, [name]: false }];
      expect(await faultOf('history', { data, limit: 5, offset: 0 })).toContain(
        `data[0].${name} is of type boolean, not `,
      );
    },
  );

  it.each<[string, string, object]>([
    [
      'data[3].complaint_time is missing',
      'list',
      { data: [...Array<unknown>(3).fill(COMPLAINT), { ...COMPLAINT, complaint_time: null }] },
    ],
    ['data is of type object, not a list', 'list', { data: {} }],
    ['data[0] is of type string, not an object', 'list', { data: ['a'] }],
    ['limit is missing', 'list', { limit: null }],
    ['offset is of type string, not an integer', 'history', { offset: '0' }],
    ['total_count is of type number, not an integer', 'list', { total_count: 1.5 }],
    ['log_id is missing', 'respondImmediately', {}],
  ])('is refused because %s', async (fault, name, json) => {
    expect(await faultOf(name, { limit: 5, offset: 0, ...json })).toBe(
      `the answer is genuine, but ${fault}`,
    );
  });

  it.each<[string, object]>([
    ['text is missing', { type: 'TEXT' }],
    ['text.text is missing', { type: 'TEXT', text: {} }],
    ['image.media_id is missing', { type: 'IMAGE', image: {} }],
    ['faq_list.faqs is of type string, not a list', { type: 'FAQ_LIST', faq_list: { faqs: '1' } }],
    [
      'button_group.buttons[0].text is missing',
      { type: 'BUTTON_GROUP', button_group: { buttons: [{}] } },
    ],
    ['link.action.action_type is missing', { type: 'LINK', link: { text: '好', action: {} } }],
    ['type is missing', {}],
  ])('is refused because %s in a block', async (fault, block) => {
    const data = [{ ...ENTRY, normal_message: { blocks: [block] } }];
    expect(await faultOf('history', { data, limit: 5, offset: 0 })).toContain(
      `data[0].normal_message.blocks[0].${fault}`,
    );
  });

  it('takes null for a field that is not there', async () => {
    const json = { ...COMPLAINT, payer_phone: null, additional_info: { share_power_info: null } };
    const { complaints } = await startComplaintBench(merchant, () => ({ json }));

    expect(await valuesOf(complaints.get(COMPLAINT_ID))).toStrictEqual([
      { ...COMPLAINT, additional_info: {} },
    ]);
  });

  it('keeps fields, values and blocks that are not known yet', async () => {
    const video = { type: 'VIDEO', video: { media_id: 'm' } };
    const text = { type: 'TEXT', text: { text: '好', size: 3 }, reply_to: 'x' };
    const data = [
      { ...ENTRY, operate_type: 'OF_TOMORROW', more: 1, normal_message: { blocks: [video, text] } },
    ];
    const { complaints } = await startComplaintBench(merchant, () => ({
      json: { data, limit: 5, offset: 0, cursor: 'c' },
    }));

    const page = await firstValueFrom(complaints.history(COMPLAINT_ID));
    expect(page).toStrictEqual({ data, limit: 5, offset: 0, cursor: 'c' });
    const describeBlock = (block: MessageBlock): unknown => {
      switch (block.type) {
        case 'TEXT':
          return block.text.text;
        case 'IMAGE':
        case 'LINK':
        case 'FAQ_LIST':
        case 'BUTTON':
        case 'BUTTON_GROUP':
          return block.type;
        default:
          return block.video;
      }
    };
    expect(page.data[0]?.normal_message?.blocks.map(describeBlock)).toEqual([
      { media_id: 'm' },
      '好',
    ]);
  });

  it('cannot reach the prototype of anything', async () => {
    const raw = JSON.stringify(COMPLAINT).replace('{', '{"__proto__":{"polluted":true},');
    const { complaints } = await startComplaintBench(merchant, () => (response) => {
      response.writeHead(200, signNotificationBody(merchant, raw)).end(raw);
    });

    const complaint = await firstValueFrom(complaints.get(COMPLAINT_ID));
    expect(Object.getPrototypeOf(complaint)).toBe(Object.prototype);
    expect(complaint.polluted).toBeUndefined();
  });

  it.each(['[]', '"text"', 'no JSON', ''])('is refused when it is %j', async (raw) => {
    const { complaints } = await startComplaintBench(merchant, () => (response) => {
      response.writeHead(200, signNotificationBody(merchant, raw)).end(raw);
    });

    expect(await errorOf(complaints.get(COMPLAINT_ID))).toMatchObject({
      code: 'MALFORMED_RESPONSE',
      apiMessage: 'the answer is genuine, but it is not a JSON object',
    });
  });
});
