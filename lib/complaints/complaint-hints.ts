/** Hints by error code, or by a part of WeChat Pay's message, which is more specific. */
type Hints = Readonly<Record<string, string>>;

const PERMISSION =
  'The merchant lacks the permission for this API (merchant console, 产品中心), or the complaint is ' +
  "another merchant's: then pass its complainted_mchid.";

export const COMPLAINT_HINTS: Hints = {
  RESOURCE_NOT_EXISTS: 'This merchant has no such complaint.',
};

export const LIST_HINTS: Hints = {
  ...COMPLAINT_HINTS,
  请缩小limit后重试: 'Ask for a smaller limit; listAll() and historyAll() do so by themselves.',
};

const REPLY_HINTS: Hints = {
  ...COMPLAINT_HINTS,
  NO_AUTH: PERMISSION,
  您暂无权限为该投诉单提交商户回复:
    "The complaint is another merchant's: pass the complainted_mchid of the complaint.",
};

const REPLY_WITH_LINK_HINTS: Hints = {
  ...REPLY_HINTS,
  NO_AUTH:
    'WeChat Pay has to approve the domain of jump_url first, see ' +
    `https://pay.weixin.qq.com/doc/v3/partner/4016111688. Without jump_url: ${PERMISSION}`,
};

/** A reply, or the blocks of a message, may link to a domain that WeChat Pay has not approved. */
export function replyHints(body: object): Hints {
  return JSON.stringify(body).includes('"jump_url":') ? REPLY_WITH_LINK_HINTS : REPLY_HINTS;
}

export const REFUND_HINTS: Hints = {
  ...COMPLAINT_HINTS,
  当前单据状态不支持操作:
    'The refund is decided already, perhaps by an earlier request whose response was lost: read the ' +
    'history of the complaint.',
};

const READ_AGAIN =
  'Read the complaint again and use the URL that it has now: URLs of images change. The media_id of ' +
  'an upload cannot be downloaded.';

export const IMAGE_HINTS: Hints = {
  RESOURCE_NOT_EXISTS: 'This image does not exist, or no longer.',
  PARAM_ERROR: READ_AGAIN,
  INVALID_REQUEST: READ_AGAIN,
};
