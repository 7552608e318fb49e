/**
 * Responses in forms that WeChat Pay is known to send although its documents describe others. Numbers,
 * texts and names are invented.
 */

/** `complaint_time` as a number, escaped base64 in a URL. */
export const COMPLAINT_WITH_NUMERIC_TIME = {
  complaint_id: '200000020260328100093200007',
  complaint_time: 1774687595000,
  complaint_detail: '误操作，希望退款',
  complaint_state: 'PROCESSED',
  complainted_mchid: '1900000109',
  payer_phone: '',
  complaint_order_info: [
    {
      transaction_id: '4200001837202603283400000000',
      out_trade_no: '20260328000000000001',
      amount: 2,
    },
  ],
  complaint_media_list: [
    {
      media_type: 'USER_COMPLAINT_IMAGE',
      media_url: [
        'https://api.mch.weixin.qq.com/v3/merchant-service/images/ChsyMDAwMDAwMjAyNjAzMjgxMDAwOTMyNDQ5NDEYACDF852lBigBMAE4AQ%3D%3D',
      ],
    },
  ],
  service_order_info: [],
  complaint_full_refunded: true,
  incoming_user_response: false,
  user_complaint_times: 1,
  problem_description: '其他问题',
  problem_type: 'OTHERS',
  user_tag_list: [],
};

/** Pre-signed links on another host in `image_list`, `complaint_media_list` as an object. */
export const HISTORY_WITH_MEDIA_OBJECT = {
  data: [
    {
      image_list: [],
      log_id: '300200020260317161086500001',
      operate_details: '尺码不合适，我想要退款',
      operate_time: '2026-03-17T16:31:56+08:00',
      operate_type: 'USER_CREATE_COMPLAINT',
      operator: '投诉人',
    },
    {
      image_list: [],
      log_id: '300200020260317161086600002',
      operate_details: '用户已向微信支付投诉贵司，请于72小时内妥善处理用户投诉。',
      operate_time: '2026-03-17T16:31:58+08:00',
      operate_type: 'USER_CREATE_COMPLAINT_SYSTEM_MESSAGE',
      operator: '系统',
    },
    {
      complaint_media_list: {
        media_type: 'OPERATION_IMAGE',
        media_url: [
          'https://api.mch.weixin.qq.com/v3/merchant-service/images/ChsyMDAwMDAwMjAyNjAzMTcxNjAwMzE5NzM3MTQSGzMwMDIwMDAyMDI2MDMxNzE2MTA4NjYwOTEwMRgA%2FKCUtZoGKAMwAjgB',
        ],
      },
      image_list: [
        'http://files-40010.sh.gfp.tencent-cloud.example/FBA3E91E-CCBD?sign=q-sign-algorithm%3dsha1%26q-ak%3dX%26q-sign-time%3d1773729622%3b1773733232%26q-signature%3d310c',
      ],
      log_id: '300200020260317161086600003',
      operate_details: '您好，请问是什么原因？',
      operate_time: '2026-03-17T16:49:14+08:00',
      operate_type: 'MERCHANT_RESPONSE',
      operator: '商家',
    },
  ],
  limit: 50,
  offset: 0,
  total_count: 3,
};

/** `complaint_media_list` as an array, a time with milliseconds. */
export const HISTORY_WITH_MEDIA_ARRAY = {
  data: [
    {
      complaint_media_list: [
        {
          media_type: 'USER_COMPLAINT_IMAGE',
          media_url: ['https://api.mch.weixin.qq.com/v3/merchant-service/images/xxxxx'],
        },
      ],
      log_id: '3002853202603221700000000004',
      operator: '投诉人',
      operate_time: '2026-03-22T13:29:35.120+08:00',
      operate_type: 'USER_CREATE_COMPLAINT',
      operate_details: '已与用户电话沟通',
      image_list: ['https://qpic.cn/xxx'],
      user_appy_platform_service_reason: '商家响应不及时',
      user_appy_platform_service_reason_description: '很久没有回复',
    },
  ],
  limit: 50,
  offset: 0,
  total_count: 1,
};

/** `message_content` as an object, blocks without most of their fields. */
export const HISTORY_WITH_MESSAGES = {
  data: [
    {
      log_id: '3002853202603221700000000005',
      operator: '商家',
      operate_time: '2026-03-22T14:00:00+08:00',
      operate_type: 'MERCHANT_RESPONSE',
      normal_message: {
        blocks: [
          { type: 'TEXT', text: {} },
          { text: { text: '您好' } },
          { type: 'LINK', link: { action: { jump_url: 'https://shop.example.com/help' } } },
          { type: 'IMAGE', image: { image_style_type: 'IMAGE_STYLE_TYPE_NARROW' } },
          { type: 'FAQ_LIST', faq_list: { faqs: [{ faq_id: '1' }] } },
        ],
        sender_identity: 'MANUAL',
        custom_data: null,
      },
    },
    {
      log_id: '3002853202603221700000000006',
      operator: '投诉人',
      operate_time: '2026-03-22T14:05:00+08:00',
      operate_type: 'USER_CLICK_RESPONSE',
      click_message: {
        message_content: { text: '我要退款' },
        action_id: 'a1',
        clicked_log_id: '3002853202603221700000000005',
      },
    },
  ],
  limit: 50,
  offset: 0,
  total_count: 2,
};

/** Which status and code it comes with is not known. */
export const LIMIT_TOO_LARGE = {
  code: 'INVALID_REQUEST',
  message: '当前查询结果数据量过大，请缩小limit后重试',
};
