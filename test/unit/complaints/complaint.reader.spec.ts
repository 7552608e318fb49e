import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type Complaint, WechatPayApiError } from 'nestjs-wechatpay-complaint';
import {
  createTestMerchant,
  signNotificationBody,
  type TestMerchant,
} from 'nestjs-wechatpay-complaint/testing';
import { firstValueFrom } from 'rxjs';
import { closeAll, errorOf } from '../../support/client-bench.js';
import { startComplaintBench } from '../../support/complaint-server.js';
import { COMPLAINT, COMPLAINT_ID, WHOLE_COMPLAINT } from '../../support/complaint-samples.js';
import { COMPLAINT_WITH_NUMERIC_TIME } from '../../support/field-samples.js';

const OPTIONAL_FIELDS = Object.keys(WHOLE_COMPLAINT).filter(
  (name) => name !== 'complaint_id' && name !== 'new_field',
);

function without(name: string): object {
  return Object.fromEntries(Object.entries(WHOLE_COMPLAINT).filter(([field]) => field !== name));
}

describe('Reading a complaint', () => {
  let merchant: TestMerchant;
  beforeAll(async () => {
    merchant = await createTestMerchant();
  });
  afterEach(closeAll);

  async function read(json: object): Promise<Complaint> {
    const { complaints } = await startComplaintBench(merchant, () => ({ json }));
    return firstValueFrom(complaints.get(COMPLAINT_ID));
  }

  async function faultOf(body: string): Promise<string> {
    const { complaints } = await startComplaintBench(merchant, () => (response) => {
      response.writeHead(200, signNotificationBody(merchant, body)).end(body);
    });
    const error = await errorOf(complaints.get(COMPLAINT_ID));
    expect(error).toBeInstanceOf(WechatPayApiError);
    expect(error).toMatchObject({ code: 'MALFORMED_RESPONSE', status: 200 });
    const { apiMessage, requestId } = error as WechatPayApiError;
    expect(requestId).toMatch(/^[0-9a-f-]{36}$/);
    return apiMessage;
  }

  it('keeps every documented field, and those that are not documented', async () => {
    expect(await read(WHOLE_COMPLAINT)).toStrictEqual(WHOLE_COMPLAINT);
  });

  it('loses nothing of a complaint from the field, and converts its numeric time', async () => {
    expect(await read(COMPLAINT_WITH_NUMERIC_TIME)).toStrictEqual({
      ...COMPLAINT_WITH_NUMERIC_TIME,
      complaint_time: '2026-03-28T16:46:35+08:00',
    });
  });

  it.each(OPTIONAL_FIELDS)('does without %s', async (name) => {
    expect(await read(without(name))).toStrictEqual(without(name));
  });

  it.each(OPTIONAL_FIELDS)('takes null in %s for a missing field', async (name) => {
    expect(await read({ ...WHOLE_COMPLAINT, [name]: null })).toStrictEqual(without(name));
  });

  it.each(OPTIONAL_FIELDS)('moves %s of another type to unreadFields', async (name) => {
    const wrong = typeof WHOLE_COMPLAINT[name] === 'string' ? 1 : 'text';

    expect(await read({ ...WHOLE_COMPLAINT, [name]: wrong })).toStrictEqual({
      ...without(name),
      unreadFields: { [name]: wrong },
    });
  });

  it.each<[path: string, given: object, read: object]>([
    [
      'complaint_order_info[1].amount',
      { complaint_order_info: [{ amount: 1 }, { out_trade_no: '7', amount: '2' }] },
      { complaint_order_info: [{ amount: 1 }, { out_trade_no: '7' }] },
    ],
    [
      'service_order_info[0].state',
      { service_order_info: [{ state: 1, new_field: 2 }] },
      { service_order_info: [{ new_field: 2 }] },
    ],
    [
      'complaint_media_list[0].media_url[1]',
      { complaint_media_list: [{ media_url: ['a', 1, 'c'] }] },
      { complaint_media_list: [{ media_url: ['a', 'c'] }] },
    ],
    ['user_tag_list[1]', { user_tag_list: ['a', {}] }, { user_tag_list: ['a'] }],
    ['additional_info', { additional_info: [] }, {}],
    [
      'additional_info.share_power_info.return_address_info.longitude',
      { additional_info: { share_power_info: { return_address_info: { longitude: 113.1 } } } },
      { additional_info: { share_power_info: { return_address_info: {} } } },
    ],
    ['apply_refund_amount', { apply_refund_amount: 1.5 }, {}],
    ['complaint_time', { complaint_time: 1774687595 }, { complaint_time: undefined }],
  ])(
    'moves %s in another form to unreadFields, and nothing else',
    async (path, given, expected) => {
      const { unreadFields, ...complaint } = await read({ ...COMPLAINT, ...given });

      expect(complaint).toEqual({ ...COMPLAINT, ...expected });
      expect(Object.keys(unreadFields ?? {})).toEqual([path]);
    },
  );

  it('puts several parts into unreadFields unchanged', async () => {
    const order = { transaction_id: 1, out_trade_no: ['x'], amount: '2' };
    const { unreadFields } = await read({ ...COMPLAINT, complaint_order_info: [order, 'y'] });

    expect(unreadFields).toStrictEqual({
      'complaint_order_info[0].transaction_id': 1,
      'complaint_order_info[0].out_trade_no': ['x'],
      'complaint_order_info[0].amount': '2',
      'complaint_order_info[1]': 'y',
    });
  });

  it('makes a list of pictures that come as an object', async () => {
    const media = { media_type: 'USER_COMPLAINT_IMAGE', media_url: ['a'] };

    expect(await read({ ...COMPLAINT, complaint_media_list: media })).toStrictEqual({
      ...COMPLAINT,
      complaint_media_list: [media],
    });
  });

  it('does not confuse its own unreadFields with a field of that name', async () => {
    expect(await read({ ...COMPLAINT, unreadFields: 'x' })).toStrictEqual({
      ...COMPLAINT,
      unreadFields: { unreadFields: 'x' },
    });
  });

  it('does not let a field reach any prototype', async () => {
    const body = JSON.stringify(COMPLAINT).replace('{', '{"__proto__":{"polluted":true},');
    const { complaints } = await startComplaintBench(merchant, () => (response) => {
      response.writeHead(200, signNotificationBody(merchant, body)).end(body);
    });
    const complaint = await firstValueFrom(complaints.get(COMPLAINT_ID));

    expect(Object.getPrototypeOf(complaint)).toBe(Object.prototype);
    expect(complaint.polluted).toBeUndefined();
    expect(Object.getPrototypeOf(Object.assign({}, complaint))).toBe(Object.prototype);
  });

  it.each([
    ['is missing', undefined],
    ['is missing', null],
    ['is empty', ''],
    ['is of type number, not a string', 200],
    ['is of type array, not a string', ['200']],
  ])('fails when complaint_id %s (%j)', async (fault, complaint_id) => {
    const body = JSON.stringify({ ...COMPLAINT, complaint_id });

    expect(await faultOf(body)).toMatch(new RegExp(` is genuine, but complaint_id ${fault}$`));
  });

  it.each(['[]', '"text"', 'null', 'not JSON', ''])('fails on the body %j', async (body) => {
    expect(await faultOf(body)).toMatch(/ is genuine, but it is not a JSON object$/);
  });
});
