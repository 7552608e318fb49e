import { describe, expect, it } from '@jest/globals';
import type { Complaint, ComplaintHistoryEntry } from 'nestjs-wechatpay-complaint';
import { toDetailsView } from '../../sample/03-desk/history.view.js';
import { toPictureView } from '../../sample/03-desk/picture.view.js';

const IMAGES = 'https://api.mch.weixin.qq.com/v3/merchant-service/images/';
const LINK =
  'http://files-40010.sh.gfp.tencent-cloud.example/FBA3-CCBD?sign=q-ak%3dX%26q-time%3d1%3b2';

const complaint: Complaint = {
  complaint_id: '200000020260328100093200007',
  complaint_time: '2026-03-17T16:31:56+08:00',
  complaint_detail: '尺码不合适，我想要退款',
  complaint_state: 'PENDING',
  complaint_full_refunded: false,
  incoming_user_response: false,
  problem_description: '其他问题',
  problem_type: 'REFUND',
  user_complaint_times: 1,
};
let count = 0;
/** Each one is a second later than the one before. */
const entry = (fields: Partial<ComplaintHistoryEntry>): ComplaintHistoryEntry => {
  count += 1;
  return {
    log_id: `3002${count}`,
    operator: '投诉人',
    operate_time: new Date(Date.parse('2026-03-17T16:31:56+08:00') + count * 1000).toISOString(),
    operate_type: 'USER_RESPONSE',
    ...fields,
  };
};
const view = (entries: readonly ComplaintHistoryEntry[], of: Partial<Complaint> = {}) =>
  toDetailsView({ ...complaint, ...of }, entries);
const signed = (id: string) => ({
  kind: 'signed',
  src: `/api/pictures?${new URLSearchParams({ of: `${IMAGES}${id}` }).toString()}`,
});

describe('The deadlines of a complaint', () => {
  it('count again from the time at which the consumer complained again', () => {
    expect(view([]).complaint).toMatchObject({
      replyDue: '2026-03-18T08:31:56.000Z',
      completionDue: '2026-03-20T08:31:56.000Z',
    });
    const history = [
      entry({
        operate_type: 'USER_CONTINUE_COMPLAINT',
        operate_time: '2026-03-22T13:29:35.120+08:00',
      }),
    ];
    expect(view(history).complaint).toMatchObject({
      replyDue: '2026-03-23T05:29:35.120Z',
      completionDue: '2026-03-25T05:29:35.120Z',
    });
  });
});

describe('A picture', () => {
  it.each([
    ['of the image API', `${IMAGES}ChsyMDAw%3D%3D`],
    ['of its second host', `${IMAGES.replace('api.', 'api2.')}ChsyMDAw`],
    ['whose id has a slash', `${IMAGES}ChsyMDAw/MDAw%2FMDAw`],
  ])('%s is downloaded by the app', (_case, url) => {
    expect(toPictureView(url)).toEqual({
      kind: 'signed',
      src: `/api/pictures?${new URLSearchParams({ of: url }).toString()}`,
    });
  });

  it.each([
    ['on another host', 'https://qpic.cn/xxx', 'https://qpic.cn/xxx'],
    ['behind plain http', LINK, LINK.replace('http:', 'https:')],
    [
      'on a host that begins like the API',
      'https://api.mch.weixin.qq.com.evil.example/v3/merchant-service/images/1',
      'https://api.mch.weixin.qq.com.evil.example/v3/merchant-service/images/1',
    ],
    [
      'elsewhere on the host of the API',
      'https://api.mch.weixin.qq.com/v3/certificates',
      'https://api.mch.weixin.qq.com/v3/certificates',
    ],
  ])('%s is loaded by the browser', (_case, url, src) => {
    expect(toPictureView(url)).toEqual({ kind: 'linked', src });
  });

  it.each(['javascript:alert(1)', 'data:image/svg+xml,<svg/>', 'file:///etc/passwd', '1', ''])(
    'at %j is not shown',
    (url) => {
      expect(toPictureView(url)).toEqual({ kind: 'unavailable' });
    },
  );
});

describe('A history', () => {
  it.each(['oldest', 'newest'])('that comes with the %s first is shown oldest first', (first) => {
    const entries = [
      entry({ operate_time: '2026-03-17T16:31:56+08:00', operate_details: '1' }),
      entry({ operate_time: '2026-03-17T16:31:58+08:00', operate_details: '2' }),
      entry({ operate_time: '2026-03-17T16:31:58+08:00', operate_details: '3' }),
      entry({ operate_time: '2026-03-17T16:49:14.120+08:00', operate_details: '4' }),
    ];
    const { history } = view(first === 'oldest' ? entries : entries.toReversed());
    expect(history.map(({ text }) => text)).toEqual(['1', '2', '3', '4']);
  });

  it('shows a picture once that both lists name, and all when one list has more', () => {
    const complaint_media_list = [{ media_type: 'OPERATION_IMAGE', media_url: [`${IMAGES}1`] }];
    const { history } = view([
      entry({ complaint_media_list, image_list: [LINK] }),
      entry({ image_list: [LINK] }),
      entry({ complaint_media_list, image_list: [LINK, 'https://qpic.cn/2'] }),
      entry({ complaint_media_list: [{}], image_list: [] }),
    ]);
    const link = { kind: 'linked', src: LINK.replace('http:', 'https:') };
    expect(history.map(({ pictures }) => pictures)).toEqual([
      [signed('1')],
      [link],
      [signed('1'), link, { kind: 'linked', src: 'https://qpic.cn/2' }],
      [],
    ]);
  });

  it('shows the pictures of the complaint with the entry that opens it', () => {
    const complaint_media_list = [
      { media_type: 'USER_COMPLAINT_IMAGE', media_url: [`${IMAGES}1`] },
    ];
    const { history } = view(
      [entry({ operate_type: 'USER_CREATE_COMPLAINT', image_list: [] }), entry({})],
      { complaint_media_list },
    );
    expect(history.map(({ pictures }) => pictures)).toEqual([[signed('1')], []]);
  });

  it('shows what a message says, what it offers, and what the consumer clicked on', () => {
    const { history } = view([
      entry({
        normal_message: {
          blocks: [
            { type: 'TEXT', text: {} },
            { text: { text: '您好' } },
            { type: 'LINK', link: { text: '帮助' } },
            { type: 'LINK', link: { action: { jump_url: 'https://shop.example.com/help' } } },
            { type: 'IMAGE', image: { image_style_type: 'IMAGE_STYLE_TYPE_NARROW' } },
            { type: 'FAQ_LIST', faq_list: { faqs: [{ faq_id: '1' }, { faq_title: '多久到账' }] } },
            { type: 'BUTTON', button: { text: '转人工' } },
            { type: 'BUTTON_GROUP', button_group: { buttons: [{ text: '同意' }, {}] } },
          ],
        },
      }),
      entry({ click_message: { message_content: { text: '我要退款' }, action_id: 'a1' } }),
      entry({ click_message: { message_content: '我不退款' } }),
      entry({ normal_message: {}, click_message: {} }),
    ]);
    expect(history).toMatchObject([
      {
        text: '您好',
        choices: ['帮助', '多久到账', '转人工', '同意'],
        pictures: [{ kind: 'unavailable' }],
      },
      { text: '我要退款', choices: [], pictures: [] },
      { text: '我不退款' },
      { text: '' },
    ]);
  });

  it.each([
    ['USER_CREATE_COMPLAINT', 'consumer'],
    ['USER_CREATE_COMPLAINT_SYSTEM_MESSAGE', 'system'],
    ['MERCHANT_RESPONSE', 'merchant'],
    ['PLATFORM_SERVICE_FINISHED', 'platform'],
    ['SERVICE_ORDER_CANCEL', 'system'],
    ['WHATEVER_COMES_NEXT', 'system'],
  ])('says that %s is by the %s', (operate_type, by) => {
    expect(view([entry({ operate_type })]).history).toMatchObject([{ by }]);
  });

  it.each<[string, readonly string[], Partial<Complaint>]>([
    ['none', [], { problem_type: 'OTHERS' }],
    ['requested', ['USER_CREATE_COMPLAINT'], {}],
    ['approved', ['USER_CREATE_COMPLAINT', 'MERCHANT_APPROVE_REFUND', 'USER_RESPONSE'], {}],
    ['rejected', ['USER_CREATE_COMPLAINT', 'MERCHANT_REFUSE_RERUND'], {}],
    ['requested', ['MERCHANT_REFUSE_RERUND', 'USER_CONTINUE_COMPLAINT'], {}],
    ['refunded', [], { complaint_full_refunded: true }],
  ])('tells that the refund is %s after %j', (refund, types, of) => {
    const entries = types.map((operate_type, second) =>
      entry({ operate_type, operate_time: `2026-03-17T16:31:5${second}+08:00` }),
    );
    expect(view(entries, of).refund).toBe(refund);
  });
});

describe('A complaint', () => {
  it('is shown by its id alone when nothing else can be read', () => {
    expect(toDetailsView({ complaint_id: 'C-1' }, [{ log_id: '1' }])).toMatchObject({
      complaint: { id: 'C-1', time: '', state: 'PENDING', orders: [], tags: [], hasPhone: false },
      history: [{ id: '1', time: '', type: '', by: 'system', text: '', pictures: [] }],
      refund: 'none',
    });
  });
});
