/** Open set. */
export type MessageTextColor = 'DEFAULT' | 'SECONDARY' | (string & {});

/** Open set. */
export type MessageImageStyle = 'IMAGE_STYLE_TYPE_NARROW' | 'IMAGE_STYLE_TYPE_WIDE' | (string & {});

/** Open set. */
export type MessageButtonLayout =
  'LAYOUT_UNKNOWN' | 'LAYOUT_HORIZONTAL' | 'LAYOUT_VERTICAL' | (string & {});

/** Who writes: a person or a program. Open set. */
export type MessageSenderIdentity = 'UNKNOWN' | 'MANUAL' | 'MACHINE' | (string & {});

/** What a click does. Open set. */
export type MessageActionType =
  /** The consumer sends `message_info.content`. */
  | 'ACTION_TYPE_SEND_MESSAGE'
  /** `jump_url` is opened. */
  | 'ACTION_TYPE_JUMP_URL'
  /** `mini_program_jump_info` is opened. */
  | 'ACTION_TYPE_JUMP_MINI_PROGRAM'
  | (string & {});

/** A page of a mini program. */
export interface MiniProgramJumpInfo {
  readonly appid: string;
  readonly path: string;
  /** What the consumer sees in place of the path. */
  readonly text?: string;
}

export interface MessageActionContent {
  readonly content: string;
  /** Comes back with the click. */
  readonly custom_data?: string;
}

export interface MessageAction {
  readonly action_type: MessageActionType;
  /** For `ACTION_TYPE_JUMP_URL`. WeChat Pay has to approve its domain first. */
  readonly jump_url?: string;
  /** For `ACTION_TYPE_JUMP_MINI_PROGRAM`. */
  readonly mini_program_jump_info?: MiniProgramJumpInfo;
  /** For `ACTION_TYPE_SEND_MESSAGE`. */
  readonly message_info?: MessageActionContent;
  /** Comes back as `click_message.action_id`. */
  readonly action_id?: string;
}

/** When a link or button stops working. */
export interface MessageInvalidInfo {
  /** RFC 3339. */
  readonly expired_time?: string;
  /** Whether it may be clicked more than once. */
  readonly multi_clickable?: boolean;
}

export interface MessageText {
  readonly text: string;
  readonly color?: MessageTextColor;
  readonly is_bold?: boolean;
}

export interface MessageImage {
  /** From `ComplaintService.uploadImage`. */
  readonly media_id: string;
  readonly image_style_type?: MessageImageStyle;
}

export interface MessageLink {
  readonly text: string;
  readonly action?: MessageAction;
  readonly invalid_info?: MessageInvalidInfo;
}

export interface MessageFaq {
  readonly faq_id?: string;
  readonly faq_title: string;
  readonly action?: MessageAction;
}

export interface MessageFaqList {
  readonly faqs: readonly MessageFaq[];
}

export interface MessageButton {
  readonly text: string;
  readonly action?: MessageAction;
  readonly invalid_info?: MessageInvalidInfo;
}

/** `invalid_info` applies to the group, not to single buttons. */
export interface MessageButtonGroup {
  readonly buttons: readonly Omit<MessageButton, 'invalid_info'>[];
  readonly button_layout?: MessageButtonLayout;
  readonly invalid_info?: MessageInvalidInfo;
}

export interface TextMessageBlock {
  readonly type: 'TEXT';
  readonly text: MessageText;
}

export interface ImageMessageBlock {
  readonly type: 'IMAGE';
  readonly image: MessageImage;
}

export interface LinkMessageBlock {
  readonly type: 'LINK';
  readonly link: MessageLink;
}

export interface FaqListMessageBlock {
  readonly type: 'FAQ_LIST';
  readonly faq_list: MessageFaqList;
}

export interface ButtonMessageBlock {
  readonly type: 'BUTTON';
  readonly button: MessageButton;
}

export interface ButtonGroupMessageBlock {
  readonly type: 'BUTTON_GROUP';
  readonly button_group: MessageButtonGroup;
}

/** A part of a message to send: `type` names the field that holds the content. */
export type MessageBlock =
  | TextMessageBlock
  | ImageMessageBlock
  | LinkMessageBlock
  | FaqListMessageBlock
  | ButtonMessageBlock
  | ButtonGroupMessageBlock;

/**
 * A message to send in the chat with a consumer who needs immediate service.
 *
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4017151596
 */
export interface ComplaintMessage {
  readonly blocks: readonly MessageBlock[];
  readonly sender_identity?: MessageSenderIdentity;
  /** At most 4096 characters. It comes back in the history. */
  readonly custom_data?: string;
}

/** The same as it is read: every part of it may be missing. */
export type Received<T> = T extends readonly (infer Item)[]
  ? readonly Received<Item>[]
  : T extends object
    ? { readonly [Field in keyof T]?: Received<T[Field]> }
    : T;

/**
 * A part of a message that was sent. `type` may be missing or new, so look for the content itself:
 * `block.text?.text`, `block.image?.media_id`, ... Types that are not documented keep theirs.
 */
export interface ReceivedMessageBlock {
  readonly type?: MessageBlock['type'] | (string & {});
  readonly text?: Received<MessageText>;
  readonly image?: Received<MessageImage>;
  readonly link?: Received<MessageLink>;
  readonly faq_list?: Received<MessageFaqList>;
  readonly button?: Received<MessageButton>;
  readonly button_group?: Received<MessageButtonGroup>;
  readonly [field: string]: unknown;
}

/** A message of the chat, as the history has it. */
export interface ReceivedComplaintMessage {
  readonly blocks?: readonly ReceivedMessageBlock[];
  readonly sender_identity?: MessageSenderIdentity;
  readonly custom_data?: string;
}

/** What a consumer clicked on. */
export interface ComplaintClickMessage {
  /** Text, or an object such as `{ text: '我要退款' }`. */
  readonly message_content?: string | ClickedMessageContent;
  readonly action_id?: string;
  /** `log_id` of the message that was clicked on. */
  readonly clicked_log_id?: string;
}

/** No document describes it. */
export interface ClickedMessageContent {
  readonly text?: string;
  readonly [field: string]: unknown;
}
