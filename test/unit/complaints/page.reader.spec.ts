import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type ComplaintPage, WechatPayApiError } from 'nestjs-wechatpay-complaint';
import {
  createTestMerchant,
  signNotificationBody,
  type TestMerchant,
} from 'nestjs-wechatpay-complaint/testing';
import { firstValueFrom } from 'rxjs';
import { closeAll, errorOf } from '../../support/client-bench.js';
import { startComplaintBench } from '../../support/complaint-server.js';
import {
  COMPLAINT,
  COMPLAINT_ID,
  ENTRY,
  WHOLE_COMPLAINT,
} from '../../support/complaint-samples.js';

const QUERY = { begin_date: '2019-01-01', end_date: '2019-01-01' };

describe('Reading a page', () => {
  let merchant: TestMerchant;
  beforeAll(async () => {
    merchant = await createTestMerchant();
  });
  afterEach(closeAll);

  async function read(json: object): Promise<ComplaintPage> {
    const { complaints } = await startComplaintBench(merchant, () => ({ json }));
    return firstValueFrom(complaints.list(QUERY));
  }

  it('sets complaints without a readable id aside, and reads the others', async () => {
    const odd = [{ ...COMPLAINT, complaint_id: 5 }, null, 'text', { complaint_id: '' }];
    const [number, nothing, text, empty] = odd;
    const data = [COMPLAINT, number, nothing, WHOLE_COMPLAINT, text, empty];

    expect(await read({ data, limit: 50, offset: 0 })).toStrictEqual({
      data: [COMPLAINT, WHOLE_COMPLAINT],
      unreadableEntries: [
        { index: 1, raw: number, problem: 'data[1].complaint_id is of type number, not a string' },
        { index: 2, raw: null, problem: 'data[2] is of type null, not an object' },
        { index: 4, raw: 'text', problem: 'data[4] is of type string, not an object' },
        { index: 5, raw: empty, problem: 'data[5].complaint_id is empty' },
      ],
      limit: 50,
      offset: 0,
    });
  });

  it('sets history entries without a readable id aside as well', async () => {
    const data = [{ ...ENTRY, log_id: null }, ENTRY];
    const { complaints } = await startComplaintBench(merchant, () => ({ json: { data } }));

    expect(await firstValueFrom(complaints.history(COMPLAINT_ID))).toStrictEqual({
      data: [ENTRY],
      unreadableEntries: [{ index: 0, raw: data[0], problem: 'data[0].log_id is missing' }],
    });
  });

  it('does not let one odd field of one complaint in fifty cost the others', async () => {
    const data = Array.from({ length: 50 }, (_, index) => ({
      ...WHOLE_COMPLAINT,
      complaint_id: String(index),
      ...(index === 30 && { user_complaint_times: '2' }),
    }));
    const page = await read({ data, limit: 50, offset: 0, total_count: 50 });

    expect(page.unreadableEntries).toEqual([]);
    expect(page.data).toHaveLength(50);
    expect(page.data[30]?.unreadFields).toEqual({ user_complaint_times: '2' });
    expect(page.data.filter(({ unreadFields }) => unreadFields)).toHaveLength(1);
  });

  it.each([{}, { data: null }])('takes a page with %j for an empty one', async (json) => {
    expect(await read({ ...json, limit: 10, offset: 0 })).toStrictEqual({
      data: [],
      unreadableEntries: [],
      limit: 10,
      offset: 0,
    });
  });

  it('moves limit, offset and total_count in another form to unreadFields', async () => {
    const frame = { limit: '50', offset: 0.5, total_count: {} };

    expect(await read({ ...frame, data: [COMPLAINT], cursor: 'c' })).toStrictEqual({
      data: [COMPLAINT],
      unreadableEntries: [],
      unreadFields: frame,
      cursor: 'c',
    });
  });

  it.each([
    ['data is of type object, not an array', '{"data":{}}'],
    ['data is of type string, not an array', '{"data":"[]"}'],
    ['it is not a JSON object', '[]'],
    ['it is not a JSON object', ''],
  ])('fails because %s', async (fault, body) => {
    const { complaints } = await startComplaintBench(merchant, () => (response) => {
      response.writeHead(200, signNotificationBody(merchant, body)).end(body);
    });

    const error = await errorOf(complaints.list(QUERY));
    expect(error).toBeInstanceOf(WechatPayApiError);
    expect(error).toMatchObject({
      code: 'MALFORMED_RESPONSE',
      apiMessage: expect.stringMatching(new RegExp(` is genuine, but ${fault}$`)),
    });
  });
});
