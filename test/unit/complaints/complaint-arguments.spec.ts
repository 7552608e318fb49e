import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type ComplaintService, WechatPayArgumentError } from 'nestjs-wechatpay-complaint';
import { createTestMerchant, type TestMerchant } from 'nestjs-wechatpay-complaint/testing';
import type { Observable } from 'rxjs';
import { closeAll, errorOf, valuesOf } from '../../support/client-bench.js';
import { type ComplaintBench, startComplaintBench } from '../../support/complaint-server.js';
import { COMPLAINT_ID, MESSAGE } from '../../support/complaint-samples.js';

type Run = (service: ComplaintService) => Observable<unknown>;
type Case = readonly [field: string, problem: string, run: Run];

/** What no type allows, but JavaScript does. */
const wrong = (value: unknown) => value as never;

const RANGE = { begin_date: '2019-01-01', end_date: '2019-01-31' };

const list =
  (query: object): Run =>
  (service) =>
    service.list({ ...RANGE, ...query });
const respond =
  (response: object): Run =>
  (service) =>
    service.reply(COMPLAINT_ID, { response_content: '好', ...response });
const chat =
  (response: object): Run =>
  (service) =>
    service.replyImmediately(COMPLAINT_ID, {
      message: MESSAGE,
      idempotent_id: 'a-1',
      ...response,
    });
const say = (message: object): Run => chat({ message });
const approve =
  (approval: object): Run =>
  (service) =>
    service.approveRefund(COMPLAINT_ID, approval);
const reject =
  (rejection: object): Run =>
  (service) =>
    service.rejectRefund(COMPLAINT_ID, rejection);

const DATES: readonly Case[] = [
  ['begin_date', 'is no date as yyyy-MM-dd', list({ begin_date: '2019-1-1' })],
  ['begin_date', 'is no date as yyyy-MM-dd', list({ begin_date: '' })],
  ['begin_date', 'is no date as yyyy-MM-dd', list({ begin_date: '2019-02-29' })],
  ['begin_date', 'is no date as yyyy-MM-dd', list({ begin_date: '2019-01-01T00:00:00' })],
  ['begin_date', 'is of type object', list({ begin_date: wrong(new Date()) })],
  ['begin_date', 'is of type undefined', list({ begin_date: undefined })],
  ['end_date', 'is no date as yyyy-MM-dd', list({ end_date: '2019-13-01' })],
  ['end_date', 'lies before begin_date', list({ end_date: '2018-12-31' })],
  ['end_date', 'lies 31 days after begin_date, at most 30', list({ end_date: '2019-02-01' })],
  ['begin_date', 'is no date', (service) => service.listAll({ ...RANGE, begin_date: 'today' })],
  ['end_date', 'lies before', (service) => service.listAll({ ...RANGE, end_date: '2018-01-01' })],
];

const PAGES: readonly Case[] = [
  ['limit', 'is 0, not an integer from 1 to 50', list({ limit: 0 })],
  ['limit', 'is 51, not an integer from 1 to 50', list({ limit: 51 })],
  ['limit', 'is 1.5, not an integer', list({ limit: 1.5 })],
  ['limit', 'is NaN, not an integer', list({ limit: NaN })],
  ['limit', 'is of type string, not an integer', list({ limit: wrong('5') })],
  ['limit', 'is of type null, not an integer', list({ limit: wrong(null) })],
  ['offset', 'is -1, not an integer from 0 on', list({ offset: -1 })],
  ['limit', 'from 1 to 300', (service) => service.history(COMPLAINT_ID, { limit: 301 })],
  ['offset', 'from 0 on', (service) => service.history(COMPLAINT_ID, { offset: 0.5 })],
];

const TEXTS: readonly Case[] = [
  ['complainted_mchid', 'must not be empty', list({ complainted_mchid: '' })],
  [
    'complainted_mchid',
    'has 65 characters, at most 64',
    list({ complainted_mchid: '1'.repeat(65) }),
  ],
  ['complainted_mchid', 'is of type number', respond({ complainted_mchid: wrong(1) })],
  ['complainted_mchid', 'must not be empty', chat({ complainted_mchid: '' })],
  [
    'complainted_mchid',
    'must not be empty',
    (service) => service.complete(COMPLAINT_ID, { complainted_mchid: '' }),
  ],
  ['response_content', 'must not be empty', respond({ response_content: '' })],
  ['response_content', 'is of type undefined', respond({ response_content: undefined })],
  [
    'response_content',
    'has 501 characters, at most 500',
    respond({ response_content: '好'.repeat(501) }),
  ],
  ['response_content', 'must not contain NUL', respond({ response_content: 'a\0b' })],
  ['response_content', 'contains U+1F600: WeChat Pay', respond({ response_content: '好😀' })],
  ['response_content', 'contains U+20BB7: WeChat Pay', respond({ response_content: '𠮷野家' })],
  ['response_content', 'half a surrogate pair', respond({ response_content: 'a\ud83d' })],
  ['response_images', 'has 5 entries, at most 4', respond({ response_images: Array(5).fill('m') })],
  ['response_images', '[1] must not be empty', respond({ response_images: ['m', ''] })],
  ['response_images', 'is of type string, not an array', respond({ response_images: wrong('m') })],
  [
    'jump_url',
    'must be an absolute https:// URL',
    respond({ jump_url: 'http://a.com', jump_url_text: '看' }),
  ],
  [
    'jump_url',
    'must be an absolute https:// URL',
    respond({ jump_url: 'https:///a', jump_url_text: '看' }),
  ],
  [
    'jump_url',
    'must not contain white space',
    respond({ jump_url: 'https://a.com/ b', jump_url_text: '看' }),
  ],
  [
    'jump_url',
    'has 513 characters, at most 512',
    respond({ jump_url: `https://a.com/${'b'.repeat(499)}`, jump_url_text: '看' }),
  ],
  ['jump_url', 'must not be empty', respond({ jump_url: '', jump_url_text: '看' })],
  ['jump_url_text', 'is missing', respond({ jump_url: 'https://a.com/' })],
  ['jump_url_text', 'has 11 characters, at most 10', respond({ jump_url_text: '一'.repeat(11) })],
  ['mini_program_jump_info', 'is of type string', respond({ mini_program_jump_info: wrong('wx') })],
  [
    'mini_program_jump_info.path',
    'is of type undefined',
    respond({ mini_program_jump_info: { appid: 'wx', text: '看' } }),
  ],
  ['launch_refund_day', 'is -1, not an integer from 0 on', approve({ launch_refund_day: -1 })],
  ['launch_refund_day', 'is of type string', approve({ launch_refund_day: wrong('1') })],
  ['remark', 'has 201 characters, at most 200', approve({ remark: '好'.repeat(201) })],
  ['remark', 'has 201 characters, at most 200', reject({ remark: '好'.repeat(201) })],
  ['reject_reason', 'has 201 characters, at most 200', reject({ reject_reason: '好'.repeat(201) })],
  ['reject_reason', 'must not be empty', reject({ reject_reason: '' })],
  ['reject_media_list', 'has 5 entries', reject({ reject_media_list: Array(5).fill('m') })],
  ['reject_media_list', '[0] has 513 characters', reject({ reject_media_list: ['m'.repeat(513)] })],
];

const deep = (levels: number): object => (levels === 0 ? {} : { a: deep(levels - 1) });

const MESSAGES: readonly Case[] = [
  ['idempotent_id', 'must not be empty', chat({ idempotent_id: '' })],
  ['idempotent_id', 'has 129 characters, at most 128', chat({ idempotent_id: 'a'.repeat(129) })],
  ['message', 'is of type undefined, not an object', chat({ message: undefined })],
  ['message.blocks', 'at least one block', say({ blocks: [] })],
  ['message.blocks', 'at least one block', say({ blocks: 'TEXT' })],
  ['message.blocks[0]', 'is of type null', say({ blocks: [null] })],
  ['message.blocks[0]', 'must have a type', say({ blocks: [{ text: {} }] })],
  [
    'message.blocks[1]',
    'must have the object faq_list',
    say({ blocks: [...MESSAGE.blocks, { type: 'FAQ_LIST' }] }),
  ],
  [
    'message.blocks[0].text.text',
    'contains U+1F600',
    say({ blocks: [{ type: 'TEXT', text: { text: '😀' } }] }),
  ],
  [
    'message.blocks[0].video.at',
    'cannot be sent',
    say({ blocks: [{ type: 'VIDEO', video: { at: 1n } }] }),
  ],
  [
    'message.blocks[0].video.at',
    'cannot be sent',
    say({ blocks: [{ type: 'VIDEO', video: { at: NaN } }] }),
  ],
  [
    'message.blocks[0].video.at[0]',
    'must not contain NUL',
    say({ blocks: [{ type: 'VIDEO', video: { at: ['\0'] } }] }),
  ],
  [
    `message.blocks[0].video${'.a'.repeat(14)}`,
    'is nested too deeply',
    say({ blocks: [{ type: 'VIDEO', video: deep(20) }] }),
  ],
  [
    'message.custom_data',
    'has 4097 characters, at most 4096',
    say({ ...MESSAGE, custom_data: 'a'.repeat(4097) }),
  ],
];

const BY_ID: readonly (readonly [
  name: string,
  run: (service: ComplaintService, id: string) => Observable<unknown>,
])[] = [
  ['get', (service, id) => service.get(id)],
  ['history', (service, id) => service.history(id)],
  ['historyAll', (service, id) => service.historyAll(id)],
  ['respond', (service, id) => service.reply(id, { response_content: '好' })],
  [
    'respondImmediately',
    (service, id) => service.replyImmediately(id, { message: MESSAGE, idempotent_id: 'a' }),
  ],
  ['complete', (service, id) => service.complete(id)],
  ['approveRefund', (service, id) => service.approveRefund(id)],
  ['rejectRefund', (service, id) => service.rejectRefund(id, { reject_reason: '好' })],
];
const IDS: readonly (readonly [id: string, problem: string])[] = [
  ['', 'must not be empty'],
  ['.', 'is no id'],
  ['..', 'is no id'],
  ['1'.repeat(65), 'has 65 characters, at most 64'],
  [wrong(undefined), 'is of type undefined'],
  [wrong(200), 'is of type number'],
];

describe('An argument that cannot work', () => {
  let merchant: TestMerchant;
  let bench: ComplaintBench;
  beforeAll(async () => {
    merchant = await createTestMerchant();
  });
  afterEach(closeAll);

  async function expectRefused(run: Run, field: string, problem: string): Promise<void> {
    bench = await startComplaintBench(merchant);
    const error = await errorOf(run(bench.complaints));

    expect(error).toBeInstanceOf(WechatPayArgumentError);
    expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', field });
    const { message, problems } = error as WechatPayArgumentError;
    expect(problems.join()).toContain(problem);
    expect(message).toBe(`${field} ${problems.join('; ')}. Nothing was sent.`);
    expect(bench.calls).toEqual([]);
  }

  it.each([...DATES, ...PAGES, ...TEXTS, ...MESSAGES])(
    'is refused: %s %s',
    async (field, problem, run) => {
      await expectRefused(run, field, problem);
    },
  );

  it.each(BY_ID.flatMap(([name, run]) => IDS.map((id) => [name, ...id, run] as const)))(
    'is refused: complaint_id of %s as %s %s',
    async (_name, id, problem, run) => {
      await expectRefused((service) => run(service, id), 'complaint_id', problem);
    },
  );

  it('is told of all its faults at once', async () => {
    bench = await startComplaintBench(merchant);
    const error = await errorOf(
      bench.complaints.reply(COMPLAINT_ID, { response_content: `\0😀${'好'.repeat(500)}` }),
    );

    expect((error as WechatPayArgumentError).problems).toEqual([
      'must not contain NUL',
      expect.stringContaining('contains U+1F600'),
      'has 502 characters, at most 500 are allowed',
    ]);
  });

  it('may be as long as WeChat Pay allows, counted in characters', async () => {
    bench = await startComplaintBench(merchant, ({ target }) =>
      target.endsWith('service') ? { json: { log_id: '1' } } : {},
    );
    const { complaints, calls } = bench;
    await valuesOf(complaints.complete('投'.repeat(64)));
    await valuesOf(complaints.rejectRefund(COMPLAINT_ID, { reject_reason: '好'.repeat(200) }));
    await valuesOf(
      complaints.replyImmediately(COMPLAINT_ID, {
        message: { ...MESSAGE, custom_data: '好'.repeat(4096) },
        idempotent_id: 'a'.repeat(128),
      }),
    );

    expect(calls).toHaveLength(3);
  });

  it('is looked at when the call is subscribed to, as it was when the call was made', async () => {
    bench = await startComplaintBench(merchant);
    const response = { response_content: '好' };
    const call = bench.complaints.reply(COMPLAINT_ID, response);
    response.response_content = '';
    await valuesOf(call);

    expect(String(bench.calls[0]?.body)).toContain('"response_content":"好"');
  });
});
