/**
 * Replies that can be inserted with two clicks. Consumers read Chinese, whatever the language of the
 * desk is. `{order}` and `{amount}` are those of the complaint. Put your own texts here.
 *
 * @type {readonly { readonly zh: string, readonly en: string, readonly text: string }[]}
 */
export const CANNED_REPLIES = [
  {
    zh: '已收到，正在核实',
    en: 'Received, being checked',
    text: '您好，您反馈的订单 {order} 的问题我们已收到，正在核实，将在今天内给您答复。',
  },
  {
    zh: '请补充照片',
    en: 'Please send photos',
    text: '您好，非常抱歉给您带来不便。请补充商品和外包装的照片，我们会尽快为您处理。',
  },
  {
    zh: '同意退款',
    en: 'The refund is on its way',
    text: '您好，非常抱歉给您带来不便。我们已为订单 {order} 办理退款 {amount}，款项将原路退回，请留意到账通知。',
  },
  {
    zh: '安排补发',
    en: 'A replacement is sent',
    text: '您好，非常抱歉给您带来不便。我们已为订单 {order} 安排补发，发出后会告知您运单号。',
  },
  {
    zh: '请电话联系',
    en: 'We would like to call',
    text: '您好，为尽快解决您的问题，我们的客服会在今天内致电您预留的联系方式，请保持电话畅通。',
  },
];
