import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type {
  ComplaintHistoryEntry,
  ComplaintHistoryPage,
  ReceivedMessageBlock,
} from 'nestjs-wechatpay-complaint';
import {
  createTestMerchant,
  signNotificationBody,
  type TestMerchant,
} from 'nestjs-wechatpay-complaint/testing';
import { firstValueFrom } from 'rxjs';
import { closeAll, valuesOf } from '../../support/client-bench.js';
import { startComplaintBench } from '../../support/complaint-server.js';
import { COMPLAINT_ID, ENTRY, MESSAGE, WHOLE_ENTRY } from '../../support/complaint-samples.js';
import {
  HISTORY_WITH_MEDIA_ARRAY,
  HISTORY_WITH_MEDIA_OBJECT,
  HISTORY_WITH_MESSAGES,
} from '../../support/field-samples.js';

const OPTIONAL_FIELDS = Object.keys(WHOLE_ENTRY).filter((name) => name !== 'log_id');

function without(name: string): object {
  return Object.fromEntries(Object.entries(WHOLE_ENTRY).filter(([field]) => field !== name));
}

let merchant: TestMerchant;
beforeAll(async () => {
  merchant = await createTestMerchant();
});
afterEach(closeAll);

async function readPage(json: object): Promise<ComplaintHistoryPage> {
  const { complaints } = await startComplaintBench(merchant, () => ({ json }));
  return firstValueFrom(complaints.history(COMPLAINT_ID));
}

async function read(entry: object): Promise<ComplaintHistoryEntry | undefined> {
  const { data, unreadableEntries } = await readPage({ data: [entry], limit: 5, offset: 0 });
  expect(unreadableEntries).toEqual([]);
  return data[0];
}

describe('Reading a history from the field', () => {
  it('makes a list of pictures that come as an object, and loses nothing', async () => {
    const [first, second, third] = HISTORY_WITH_MEDIA_OBJECT.data;

    expect(await readPage(HISTORY_WITH_MEDIA_OBJECT)).toStrictEqual({
      ...HISTORY_WITH_MEDIA_OBJECT,
      data: [first, second, { ...third, complaint_media_list: [third?.complaint_media_list] }],
      unreadableEntries: [],
    });
  });

  it('keeps a list of pictures and a time with milliseconds', async () => {
    expect(await readPage(HISTORY_WITH_MEDIA_ARRAY)).toStrictEqual({
      ...HISTORY_WITH_MEDIA_ARRAY,
      unreadableEntries: [],
    });
  });

  it('reads blocks without most of their fields, and clicked content that is an object', async () => {
    const page = await readPage(HISTORY_WITH_MESSAGES);

    // Null counts as absent, which `toEqual` does not tell apart from undefined.
    expect(page).toEqual({
      ...HISTORY_WITH_MESSAGES,
      data: [
        {
          ...HISTORY_WITH_MESSAGES.data[0],
          normal_message: {
            ...HISTORY_WITH_MESSAGES.data[0]?.normal_message,
            custom_data: undefined,
          },
        },
        HISTORY_WITH_MESSAGES.data[1],
      ],
      unreadableEntries: [],
    });
  });
});

describe('Reading an entry of a history', () => {
  it('keeps every documented field', async () => {
    expect(await read(WHOLE_ENTRY)).toStrictEqual(WHOLE_ENTRY);
  });

  it('keeps fields and values that are not documented', async () => {
    const entry = { ...ENTRY, operate_type: 'A_NEW_TYPE', new_field: { a: [null] } };

    expect(await read(entry)).toStrictEqual(entry);
  });

  it.each(OPTIONAL_FIELDS)('does without %s', async (name) => {
    expect(await read(without(name))).toStrictEqual(without(name));
  });

  it.each(OPTIONAL_FIELDS)('takes null in %s for a missing field', async (name) => {
    expect(await read({ ...WHOLE_ENTRY, [name]: null })).toStrictEqual(without(name));
  });

  it.each(OPTIONAL_FIELDS)('moves %s of another type to unreadFields', async (name) => {
    expect(await read({ ...WHOLE_ENTRY, [name]: false })).toStrictEqual({
      ...without(name),
      unreadFields: { [name]: false },
    });
  });

  it('converts a numeric time', async () => {
    expect(await read({ ...ENTRY, operate_time: 1774687595120 })).toStrictEqual({
      ...ENTRY,
      operate_time: '2026-03-28T16:46:35.120+08:00',
    });
  });

  it.each<[string, unknown]>([
    ['text', '我要退款'],
    ['an object', { text: '我要退款', new_field: [1] }],
    ['an object without text', { blocks: [] }],
  ])('keeps clicked content that is %s', async (_case, message_content) => {
    const entry = { ...ENTRY, click_message: { message_content, action_id: '1' } };

    expect(await read(entry)).toStrictEqual(entry);
  });

  it('moves clicked content in any other form to unreadFields', async () => {
    expect(await read({ ...ENTRY, click_message: { message_content: ['x'] } })).toStrictEqual({
      ...ENTRY,
      click_message: {},
      unreadFields: { 'click_message.message_content': ['x'] },
    });
  });
});

describe('Reading a block of a message', () => {
  async function readBlock(block: unknown) {
    const entry = await read({ ...ENTRY, normal_message: { blocks: [block] } });
    return { blocks: entry?.normal_message?.blocks, unreadFields: entry?.unreadFields };
  }

  it.each<[string, object]>([
    ['type', { text: { text: '您好' } }],
    ['its content', { type: 'TEXT' }],
    ['text.text', { type: 'TEXT', text: { color: 'DEFAULT' } }],
    ['image.media_id', { type: 'IMAGE', image: {} }],
    ['link.text', { type: 'LINK', link: { action: { action_type: 'ACTION_TYPE_JUMP_URL' } } }],
    ['link.action.action_type', { type: 'LINK', link: { text: '好', action: {} } }],
    [
      'appid and path of a mini program',
      { type: 'BUTTON', button: { text: '好', action: { mini_program_jump_info: {} } } },
    ],
    ['message_info.content', { type: 'BUTTON', button: { action: { message_info: {} } } }],
    ['faq_list.faqs', { type: 'FAQ_LIST', faq_list: {} }],
    ['faq_title', { type: 'FAQ_LIST', faq_list: { faqs: [{ faq_id: '1' }] } }],
    ['button_group.buttons', { type: 'BUTTON_GROUP', button_group: {} }],
    ['the text of a button', { type: 'BUTTON_GROUP', button_group: { buttons: [{}] } }],
    ['anything', {}],
  ])('does without %s', async (_part, block) => {
    expect(await readBlock(block)).toStrictEqual({ blocks: [block], unreadFields: undefined });
  });

  it('keeps a type that is not documented, and what it contains', async () => {
    const block: ReceivedMessageBlock = { type: 'VIDEO', video: { media_id: 'm' } };
    const { blocks } = await readBlock(block);

    expect(blocks).toStrictEqual([block]);
    expect(blocks?.[0]?.video).toEqual({ media_id: 'm' });
  });

  it.each<[path: string, block: unknown, blocks: object[]]>([
    ['', 'text', []],
    ['.type', { type: 1, text: { text: '好' } }, [{ text: { text: '好' } }]],
    ['.text', { type: 'TEXT', text: '好' }, [{ type: 'TEXT' }]],
    ['.text.is_bold', { text: { text: '好', is_bold: 'yes' } }, [{ text: { text: '好' } }]],
    ['.faq_list.faqs', { faq_list: { faqs: '1' } }, [{ faq_list: {} }]],
    ['.faq_list.faqs[0]', { faq_list: { faqs: ['1', {}] } }, [{ faq_list: { faqs: [{}] } }]],
    [
      '.button_group.buttons[0].action.jump_url',
      { button_group: { buttons: [{ action: { jump_url: {} } }] } },
      [{ button_group: { buttons: [{ action: {} }] } }],
    ],
    [
      '.link.invalid_info.expired_time',
      { link: { invalid_info: { expired_time: true } } },
      [{ link: { invalid_info: {} } }],
    ],
  ])('moves blocks[0]%s in another form to unreadFields', async (path, block, expected) => {
    const { blocks, unreadFields } = await readBlock(block);

    expect(blocks).toStrictEqual(expected);
    expect(Object.keys(unreadFields ?? {})).toEqual([`normal_message.blocks[0]${path}`]);
  });
});

describe('The receipt of an immediate reply', () => {
  async function receiptOf(body: string, status = 200) {
    const { complaints, calls } = await startComplaintBench(merchant, () => (response) => {
      response.writeHead(status, signNotificationBody(merchant, body)).end(body);
    });
    const reply = { message: MESSAGE, idempotent_id: 'a-1' };
    const receipts = await valuesOf(complaints.replyImmediately(COMPLAINT_ID, reply));
    expect(calls).toHaveLength(1);
    return receipts;
  }

  it.each<[body: string, receipt: object]>([
    ['{"log_id":"30028"}', { log_id: '30028' }],
    ['{}', {}],
    ['{"log_id":null}', {}],
    ['{"log_id":30028}', { unreadFields: { log_id: 30028 } }],
    ['[]', {}],
    ['not JSON', {}],
  ])('is a success with the body %s', async (body, receipt) => {
    expect(await receiptOf(body)).toStrictEqual([receipt]);
  });

  it('is a success without a body', async () => {
    expect(await receiptOf('', 204)).toStrictEqual([{}]);
  });
});
