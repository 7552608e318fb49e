import type {
  Complaint,
  ComplaintHistoryEntry,
  ComplaintService,
  WechatPayRequestConfig,
} from 'nestjs-wechatpay-complaint';
import type { Observable } from 'rxjs';

export const COMPLAINT_ID = '200201820200101080076610000';
export const COMPLAINTS_PATH = '/v3/merchant-service/complaints-v2';
export const IMAGES_PATH = '/v3/merchant-service/images/';

/** What every documented complaint has, and a field that is not documented. */
export const COMPLAINT: Complaint = {
  complaint_id: COMPLAINT_ID,
  complaint_time: '2015-05-20T13:29:35+08:00',
  complaint_detail: '反馈一个重复扣费的问题',
  complaint_state: 'PENDING',
  complaint_full_refunded: false,
  incoming_user_response: true,
  problem_description: '不满意商家服务',
  user_complaint_times: 1,
  new_field: { a: [1, null] },
};

/** Every documented field. */
export const WHOLE_COMPLAINT: Complaint = {
  ...COMPLAINT,
  complainted_mchid: '1900012181',
  payer_phone: 'c2VhbGVk',
  payer_openid: 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o',
  complaint_media_list: [
    { media_type: 'USER_COMPLAINT_IMAGE', media_url: ['https://api.mch.weixin.qq.com/v3/x'] },
  ],
  complaint_order_info: [
    {
      transaction_id: '4200000404201909069117582536',
      out_trade_no: '20190906154617947762',
      amount: 3,
    },
  ],
  service_order_info: [{ order_id: '15646546545165651651', out_order_no: '1234', state: 'DOING' }],
  problem_type: 'REFUND',
  apply_refund_amount: 10,
  user_tag_list: ['TRUSTED', 'A_NEW_TAG'],
  additional_info: {
    type: 'SHARE_POWER_TYPE',
    share_power_info: {
      return_time: '2015-05-20T13:29:35+08:00',
      return_address_info: { return_address: '广州塔', longitude: '113.1', latitude: '23.1' },
      is_returned_to_same_machine: true,
    },
  },
  in_platform_service: false,
  need_immediate_service: true,
  is_agent_mode: false,
};

export const ENTRY: ComplaintHistoryEntry = {
  log_id: '300285320210322170000071077',
  operator: '投诉人',
  operate_time: '2015-05-20T13:29:35+08:00',
  operate_type: 'USER_CREATE_COMPLAINT',
};

const ACTION = {
  action_type: 'ACTION_TYPE_JUMP_MINI_PROGRAM',
  jump_url: 'https://shop.example.com/',
  mini_program_jump_info: { appid: 'wx8888888888888888', path: 'pages/index', text: '订单' },
  message_info: { content: '退款', custom_data: '1' },
  action_id: '7',
};

/** Every documented field. */
export const WHOLE_ENTRY: ComplaintHistoryEntry = {
  ...ENTRY,
  operate_details: '已与用户电话沟通解决',
  image_list: ['https://files.example.com/picture?sign=q-sign-time%3d1773729622%3b1773733232'],
  complaint_media_list: [
    { media_type: 'OPERATION_IMAGE', media_url: ['https://api.mch.weixin.qq.com/v3/y'] },
  ],
  user_appy_platform_service_reason: '商家未处理',
  user_appy_platform_service_reason_description: '说明',
  normal_message: {
    blocks: [
      { type: 'TEXT', text: { text: '您好', color: 'DEFAULT', is_bold: true } },
      { type: 'IMAGE', image: { media_id: 'm', image_style_type: 'IMAGE_STYLE_TYPE_WIDE' } },
      { type: 'LINK', link: { text: '查看', action: ACTION, invalid_info: {} } },
      {
        type: 'FAQ_LIST',
        faq_list: { faqs: [{ faq_id: '1', faq_title: '如何退款', action: ACTION }] },
      },
      { type: 'BUTTON', button: { text: '好', action: ACTION } },
      {
        type: 'BUTTON_GROUP',
        button_group: {
          buttons: [{ text: '好' }, { text: '不好', action: ACTION }],
          button_layout: 'LAYOUT_HORIZONTAL',
          invalid_info: { expired_time: '2015-05-20T13:29:35+08:00', multi_clickable: false },
        },
      },
    ],
    sender_identity: 'MANUAL',
    custom_data: '2',
  },
  click_message: { message_content: '好', action_id: '7', clicked_log_id: '8' },
};

export const MESSAGE = { blocks: [{ type: 'TEXT', text: { text: '您好' } }] } as const;

/** A request to WeChat Pay and its response. */
export interface ComplaintCall {
  readonly name: string;
  readonly method: 'GET' | 'POST';
  readonly target: string;
  /** The exact text that is sent. */
  readonly body: string;
  /** Body of the response. Without one, the status is 204. */
  readonly json?: object;
  readonly emits: unknown;
  readonly run: (service: ComplaintService, config?: WechatPayRequestConfig) => Observable<unknown>;
}

const ONE = `${COMPLAINTS_PATH}/${COMPLAINT_ID}`;
const MCHID = '"complainted_mchid":"1900000109"';

const FRAME = { limit: 5, offset: 10, total_count: 11 };

/** Every request with a JSON body or none, for tables of tests. */
export const CALLS: readonly ComplaintCall[] = [
  {
    name: 'list',
    method: 'GET',
    target:
      `${COMPLAINTS_PATH}?limit=5&offset=10&begin_date=2019-01-01&end_date=2019-01-31` +
      '&complainted_mchid=1900012181',
    body: '',
    json: { ...FRAME, data: [COMPLAINT] },
    emits: { ...FRAME, data: [COMPLAINT], unreadableEntries: [] },
    run: (service, config) =>
      service.list(
        {
          begin_date: '2019-01-01',
          end_date: '2019-01-31',
          limit: 5,
          offset: 10,
          complainted_mchid: '1900012181',
        },
        config,
      ),
  },
  {
    name: 'get',
    method: 'GET',
    target: ONE,
    body: '',
    json: WHOLE_COMPLAINT,
    emits: WHOLE_COMPLAINT,
    run: (service, config) => service.get(COMPLAINT_ID, config),
  },
  {
    name: 'history',
    method: 'GET',
    target: `${ONE}/negotiation-historys?limit=5&offset=10`,
    body: '',
    json: { ...FRAME, data: [WHOLE_ENTRY] },
    emits: { ...FRAME, data: [WHOLE_ENTRY], unreadableEntries: [] },
    run: (service, config) => service.history(COMPLAINT_ID, { limit: 5, offset: 10 }, config),
  },
  {
    name: 'reply',
    method: 'POST',
    target: `${ONE}/response`,
    body: `{"response_content":"已处理",${MCHID}}`,
    emits: undefined,
    run: (service, config) => service.reply(COMPLAINT_ID, { response_content: '已处理' }, config),
  },
  {
    name: 'replyImmediately',
    method: 'POST',
    target: `${ONE}/response-immediate-service`,
    body: `{"message":${JSON.stringify(MESSAGE)},"idempotent_id":"a-1",${MCHID}}`,
    json: { log_id: '30028' },
    emits: { log_id: '30028' },
    run: (service, config) =>
      service.replyImmediately(COMPLAINT_ID, { message: MESSAGE, idempotent_id: 'a-1' }, config),
  },
  {
    name: 'complete',
    method: 'POST',
    target: `${ONE}/complete`,
    body: `{${MCHID}}`,
    emits: undefined,
    run: (service, config) => service.complete(COMPLAINT_ID, undefined, config),
  },
  {
    name: 'approveRefund',
    method: 'POST',
    target: `${ONE}/update-refund-progress`,
    body: '{"launch_refund_day":0,"remark":"当天","action":"APPROVE"}',
    emits: undefined,
    run: (service, config) =>
      service.approveRefund(COMPLAINT_ID, { launch_refund_day: 0, remark: '当天' }, config),
  },
  {
    name: 'rejectRefund',
    method: 'POST',
    target: `${ONE}/update-refund-progress`,
    body: '{"reject_reason":"已发货","reject_media_list":["m"],"action":"REJECT"}',
    emits: undefined,
    run: (service, config) =>
      service.rejectRefund(
        COMPLAINT_ID,
        { reject_reason: '已发货', reject_media_list: ['m'] },
        config,
      ),
  },
];
