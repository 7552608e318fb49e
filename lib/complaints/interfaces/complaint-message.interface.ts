/** Open set. */
export type MessageTextColor = 'DEFAULT' | 'SECONDARY' | (string & {});

/** Open set. */
export type MessageImageStyle = 'IMAGE_STYLE_TYPE_NARROW' | 'IMAGE_STYLE_TYPE_WIDE' | (string & {});

/** Open set. */
export type MessageButtonLayout =
  'LAYOUT_UNKNOWN' | 'LAYOUT_HORIZONTAL' | 'LAYOUT_VERTICAL' | (string & {});

/** Who writes: a person or a program. Open set. */
export type MessageSenderIdentity = 'UNKNOWN' | 'MANUAL' | 'MACHINE' | (string & {});

/** What happens on a click. Open set. */
export type MessageActionType =
  /** The user says `message_info.content`. */
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
  /** What the user sees in place of the path. */
  readonly text?: string;
}

export interface MessageActionContent {
  readonly content: string;
  /** Comes back with the click. */
  readonly custom_data?: string;
}

export interface MessageAction {
  readonly action_type: MessageActionType;
  /** For `ACTION_TYPE_JUMP_URL`. */
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

/** `invalid_info` is that of the group, not of each button. */
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

/**
 * The type of a block that this version does not know: at run time any text but those above. It is
 * no `string` here, for that would be equal to each of them too, and `block.type === 'TEXT'` could
 * not tell the blocks apart any more. It can be assigned to a `string`.
 */
export declare enum UnknownMessageBlockType {
  AnyOther = 'any other',
}

/** A block of a type that this version does not know: it is kept as it comes. */
export interface UnknownMessageBlock {
  readonly type: UnknownMessageBlockType;
  readonly [field: string]: unknown;
}

/**
 * Tell them apart by `type`: in `case 'TEXT'` a block has its `text`, and in `default` it is an
 * `UnknownMessageBlock`. To send one that WeChat Pay has added since, name its type as one:
 * `{ type: 'VIDEO' as UnknownMessageBlockType, video }`.
 */
export type MessageBlock =
  | TextMessageBlock
  | ImageMessageBlock
  | LinkMessageBlock
  | FaqListMessageBlock
  | ButtonMessageBlock
  | ButtonGroupMessageBlock
  | UnknownMessageBlock;

/**
 * A message of the chat with a user who needs immediate service.
 *
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4017151596
 */
export interface ComplaintMessage {
  readonly blocks: readonly MessageBlock[];
  readonly sender_identity?: MessageSenderIdentity;
  /** At most 4096 characters; comes back in the history. */
  readonly custom_data?: string;
}

/** What a user clicked on. */
export interface ComplaintClickMessage {
  readonly message_content?: string;
  readonly action_id?: string;
  /** The `log_id` of the message that was clicked on. */
  readonly clicked_log_id?: string;
}
