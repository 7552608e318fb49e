import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type ComplaintService, WechatPayArgumentError } from 'nestjs-wechatpay-complaint';
import { createTestMerchant, type TestMerchant } from 'nestjs-wechatpay-complaint/testing';
import type { Observable } from 'rxjs';
import { closeAll, errorOf, valuesOf } from '../../support/client-bench.js';
import { type ComplaintBench, startComplaintBench } from '../../support/complaint-server.js';
import { COMPLAINT_ID, MESSAGE } from '../../support/complaint-samples.js';

type Run = (service: ComplaintService) => Observable<unknown>;
type Case = readonly [field: string, problem: string, run: Run];

/** A value that TypeScript would not allow. */
const wrong = (value: unknown) => value as never;

const RANGE = { begin_date: '2019-01-01', end_date: '2019-01-31' };

const list =
  (query: object): Run =>
  (service) =>
    service.list({ ...RANGE, ...query });
const reply =
  (fields: object): Run =>
  (service) =>
    service.reply(COMPLAINT_ID, { response_content: '好', ...fields });
const chat =
  (fields: object): Run =>
  (service) =>
    service.replyImmediately(COMPLAINT_ID, {
      message: MESSAGE,
      idempotent_id: 'a-1',
      ...fields,
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
  ['begin_date', 'is not a date as yyyy-MM-dd', list({ begin_date: '2019-1-1' })],
  ['begin_date', 'is not a date as yyyy-MM-dd', list({ begin_date: '' })],
  ['begin_date', 'is not a date as yyyy-MM-dd', list({ begin_date: '2019-02-29' })],
  ['begin_date', 'is not a date as yyyy-MM-dd', list({ begin_date: '2019-01-01T00:00:00' })],
  ['begin_date', 'is of type object', list({ begin_date: wrong(new Date()) })],
  ['begin_date', 'is missing', list({ begin_date: undefined })],
  ['end_date', 'is not a date as yyyy-MM-dd', list({ end_date: '2019-13-01' })],
  ['end_date', 'lies before begin_date', list({ end_date: '2018-12-31' })],
  ['end_date', 'lies 31 days after begin_date, at most 30', list({ end_date: '2019-02-01' })],
  ['begin_date', 'is not a date', (service) => service.listAll({ ...RANGE, begin_date: 'today' })],
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
  ['limit', 'from 1 to 50', (service) => service.listAll({ ...RANGE, limit: 51 })],
  ['limit', 'from 1 to 300', (service) => service.historyAll(COMPLAINT_ID, { limit: 301 })],
  [
    'onUnreadable',
    'is of type string, not a function',
    (service) => service.listAll({ ...RANGE, onUnreadable: wrong('log') }),
  ],
];

const TEXTS: readonly Case[] = [
  ['complainted_mchid', 'must not be empty', list({ complainted_mchid: '' })],
  [
    'complainted_mchid',
    'has 65 characters, at most 64',
    list({ complainted_mchid: '1'.repeat(65) }),
  ],
  ['complainted_mchid', 'is of type number', reply({ complainted_mchid: wrong(1) })],
  ['complainted_mchid', 'must not be empty', chat({ complainted_mchid: '' })],
  [
    'complainted_mchid',
    'must not be empty',
    (service) => service.complete(COMPLAINT_ID, { complainted_mchid: '' }),
  ],
  ['response_content', 'must not be empty', reply({ response_content: '' })],
  ['response_content', 'is missing', reply({ response_content: undefined })],
  [
    'response_content',
    'has 501 characters, at most 500',
    reply({ response_content: '好'.repeat(501) }),
  ],
  ['response_content', 'must not contain NUL', reply({ response_content: 'a\0b' })],
  ['response_content', 'contains U+1F600: WeChat Pay', reply({ response_content: '好😀' })],
  ['response_content', 'contains U+20BB7: WeChat Pay', reply({ response_content: '𠮷野家' })],
  ['response_content', 'half a surrogate pair', reply({ response_content: 'a\ud83d' })],
  ['response_images', 'has 5 entries, at most 4', reply({ response_images: Array(5).fill('m') })],
  ['response_images', '[1] must not be empty', reply({ response_images: ['m', ''] })],
  ['response_images', 'is of type string, not an array', reply({ response_images: wrong('m') })],
  [
    'jump_url',
    'must be an absolute https:// URL',
    reply({ jump_url: 'http://a.com', jump_url_text: '看' }),
  ],
  [
    'jump_url',
    'must be an absolute https:// URL',
    reply({ jump_url: 'https:///a', jump_url_text: '看' }),
  ],
  [
    'jump_url',
    'must not contain white space',
    reply({ jump_url: 'https://a.com/ b', jump_url_text: '看' }),
  ],
  [
    'jump_url',
    'has 513 characters, at most 512',
    reply({ jump_url: `https://a.com/${'b'.repeat(499)}`, jump_url_text: '看' }),
  ],
  ['jump_url', 'must not be empty', reply({ jump_url: '', jump_url_text: '看' })],
  ['jump_url_text', 'is missing', reply({ jump_url: 'https://a.com/' })],
  ['jump_url_text', 'has 11 characters, at most 10', reply({ jump_url_text: '一'.repeat(11) })],
  ['mini_program_jump_info', 'is of type string', reply({ mini_program_jump_info: wrong('wx') })],
  [
    'mini_program_jump_info.path',
    'is missing',
    reply({ mini_program_jump_info: { appid: 'wx', text: '看' } }),
  ],
  ['launch_refund_day', 'is -1, not an integer from 0 on', approve({ launch_refund_day: -1 })],
  ['launch_refund_day', 'is of type string', approve({ launch_refund_day: wrong('1') })],
  ['remark', 'has 201 characters, at most 200', approve({ remark: '好'.repeat(201) })],
  ['remark', 'has 201 characters, at most 200', reject({ remark: '好'.repeat(201) })],
  ['reject_reason', 'has 201 characters, at most 200', reject({ reject_reason: '好'.repeat(201) })],
  ['reject_reason', 'must not be empty', reject({ reject_reason: '' })],
  ['reject_media_list', 'has 5 entries', reject({ reject_media_list: Array(5).fill('m') })],
  [
    'launch_refund_day',
    'must not be given with a rejection',
    reject({ reject_reason: '好', launch_refund_day: 0 }),
  ],
  ['reject_media_list', '[0] has 513 characters', reject({ reject_media_list: ['m'.repeat(513)] })],
];

const deep = (levels: number): object => (levels === 0 ? {} : { a: deep(levels - 1) });

const MESSAGES: readonly Case[] = [
  ['idempotent_id', 'must not be empty', chat({ idempotent_id: '' })],
  ['idempotent_id', 'has 129 characters, at most 128', chat({ idempotent_id: 'a'.repeat(129) })],
  ['message', 'is missing', chat({ message: undefined })],
  ['message.blocks', 'at least one block', say({ blocks: [] })],
  ['message.blocks', 'at least one block', say({ blocks: 'TEXT' })],
  ['message.blocks[0]', 'is of type null, not an object', say({ blocks: [null] })],
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
  ['reply', (service, id) => service.reply(id, { response_content: '好' })],
  [
    'replyImmediately',
    (service, id) => service.replyImmediately(id, { message: MESSAGE, idempotent_id: 'a' }),
  ],
  ['complete', (service, id) => service.complete(id)],
  ['approveRefund', (service, id) => service.approveRefund(id)],
  ['rejectRefund', (service, id) => service.rejectRefund(id, { reject_reason: '好' })],
];
const IDS: readonly (readonly [id: string, problem: string])[] = [
  ['', 'must not be empty'],
  ['.', 'is not an id'],
  ['..', 'is not an id'],
  ['1'.repeat(65), 'has 65 characters, at most 64'],
  [wrong(undefined), 'is missing'],
  [wrong(null), 'is of type null, not a string'],
  [wrong(200), 'is of type number, not a string'],
];

describe('An argument that WeChat Pay would reject', () => {
  let merchant: TestMerchant;
  let bench: ComplaintBench;
  beforeAll(async () => {
    merchant = await createTestMerchant();
  });
  afterEach(closeAll);

  async function expectRejected(run: Run, field: string, problem: string): Promise<void> {
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
    'is not sent: %s %s',
    async (field, problem, run) => {
      await expectRejected(run, field, problem);
    },
  );

  it.each(BY_ID.flatMap(([name, run]) => IDS.map((id) => [name, ...id, run] as const)))(
    'is not sent: complaint_id of %s is %j and %s',
    async (_name, id, problem, run) => {
      await expectRejected((service) => run(service, id), 'complaint_id', problem);
    },
  );

  it('is reported with everything that is wrong with it', async () => {
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

  it('may have as many characters as WeChat Pay allows', async () => {
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

  it('is used as it was when the method was called', async () => {
    bench = await startComplaintBench(merchant);
    const argument = { response_content: '好' };
    const call = bench.complaints.reply(COMPLAINT_ID, argument);
    argument.response_content = '';
    await valuesOf(call);

    expect(String(bench.calls[0]?.body)).toContain('"response_content":"好"');
  });
});

describe('An argument object that JavaScript callers omit', () => {
  let merchant: TestMerchant;
  beforeAll(async () => {
    merchant = await createTestMerchant();
  });
  afterEach(closeAll);

  const OMITTED: readonly (readonly [call: string, field: string, problem: string, run: Run])[] = [
    ['list()', 'query', 'is missing', (service) => service.list(wrong(undefined))],
    ['list("today")', 'query', 'is of type string', (service) => service.list(wrong('today'))],
    ['listAll()', 'query', 'is missing', (service) => service.listAll(wrong(undefined))],
    ['listAll(null)', 'query', 'is of type null', (service) => service.listAll(wrong(null))],
    ['get()', 'complaint_id', 'is missing', (service) => service.get(wrong(undefined))],
    [
      'history(id, null)',
      'page',
      'is of type null',
      (service) => service.history(COMPLAINT_ID, wrong(null)),
    ],
    [
      'historyAll(id, null)',
      'options',
      'is of type null',
      (service) => service.historyAll(COMPLAINT_ID, wrong(null)),
    ],
    [
      'reply(id)',
      'reply',
      'is missing',
      (service) => service.reply(COMPLAINT_ID, wrong(undefined)),
    ],
    [
      'replyImmediately(id)',
      'reply',
      'is missing',
      (service) => service.replyImmediately(COMPLAINT_ID, wrong(undefined)),
    ],
    [
      'complete(id, null)',
      'merchant',
      'is of type null',
      (service) => service.complete(COMPLAINT_ID, wrong(null)),
    ],
    [
      'approveRefund(id, null)',
      'approval',
      'is of type null',
      (service) => service.approveRefund(COMPLAINT_ID, wrong(null)),
    ],
    [
      'rejectRefund(id)',
      'rejection',
      'is missing',
      (service) => service.rejectRefund(COMPLAINT_ID, wrong(undefined)),
    ],
    [
      'uploadImage(bytes)',
      'filename',
      'is missing',
      (service) => service.uploadImage(new Uint8Array(8), wrong(undefined)),
    ],
    [
      'uploadImage()',
      'file',
      'is missing',
      (service) => service.uploadImage(wrong(undefined), { filename: 'a.png' }),
    ],
    [
      'downloadImage()',
      'media_id',
      'is missing',
      (service) => service.downloadImage(wrong(undefined)),
    ],
  ];

  it.each(OMITTED)('fails the Observable of %s: %s %s', async (_call, field, problem, run) => {
    const { complaints, calls } = await startComplaintBench(merchant);
    const call = run(complaints);

    const error = await errorOf(call);
    expect(error).toBeInstanceOf(WechatPayArgumentError);
    expect(error).toMatchObject({ field, message: expect.stringContaining(`${field} ${problem}`) });
    expect(calls).toEqual([]);
  });
});
