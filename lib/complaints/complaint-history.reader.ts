import { type Reader, requireText } from '../http/response-reader.js';
import { mediaList } from './complaint.reader.js';
import type { ComplaintHistoryEntry } from './interfaces/complaint-history.interface.js';
import type {
  ClickedMessageContent,
  ComplaintClickMessage,
  MessageAction,
  MessageActionContent,
  MessageButton,
  MessageButtonGroup,
  MessageFaq,
  MessageFaqList,
  MessageImage,
  MessageInvalidInfo,
  MessageLink,
  MessageText,
  MiniProgramJumpInfo,
  Received,
  ReceivedComplaintMessage,
  ReceivedMessageBlock,
} from './interfaces/complaint-message.interface.js';
import type { ImmediateComplaintReplyReceipt } from './interfaces/complaint-requests.interface.js';
import {
  added,
  fields,
  flag,
  list,
  type Part,
  readLeniently,
  text,
  time,
} from './lenient-reader.js';

const action = fields<Received<MessageAction>>({
  action_type: text,
  jump_url: text,
  mini_program_jump_info: fields<Received<MiniProgramJumpInfo>>({ appid: text, path: text, text }),
  message_info: fields<Received<MessageActionContent>>({ content: text, custom_data: text }),
  action_id: text,
});
const invalid_info = fields<MessageInvalidInfo>({ expired_time: time, multi_clickable: flag });

const block = fields<ReceivedMessageBlock>({
  type: text,
  text: fields<Received<MessageText>>({ text, color: text, is_bold: flag }),
  image: fields<Received<MessageImage>>({ media_id: text, image_style_type: text }),
  link: fields<Received<MessageLink>>({ text, action, invalid_info }),
  faq_list: fields<Received<MessageFaqList>>({
    faqs: list(fields<Received<MessageFaq>>({ faq_id: text, faq_title: text, action })),
  }),
  button: fields<Received<MessageButton>>({ text, action, invalid_info }),
  button_group: fields<Received<MessageButtonGroup>>({
    buttons: list(fields<Received<Omit<MessageButton, 'invalid_info'>>>({ text, action })),
    button_layout: text,
    invalid_info,
  }),
});

const clickedObject = fields<ClickedMessageContent>({ text });
const clickedContent: Part<string | ClickedMessageContent> = (value, path, unread) =>
  typeof value === 'string' ? value : clickedObject(value, path, unread);

const entry = fields<ComplaintHistoryEntry>({
  log_id: text,
  operator: text,
  operate_time: time,
  operate_type: text,
  operate_details: text,
  image_list: list(text),
  complaint_media_list: mediaList,
  user_appy_platform_service_reason: text,
  user_appy_platform_service_reason_description: text,
  normal_message: fields<ReceivedComplaintMessage>({
    blocks: list(block),
    sender_identity: text,
    custom_data: text,
  }),
  click_message: fields<ComplaintClickMessage>({
    message_content: clickedContent,
    action_id: text,
    clicked_log_id: text,
  }),
  unreadFields: added,
});

/** @throws ResponseFault when it has no id */
export function readHistoryEntry(value: unknown, at?: string): ComplaintHistoryEntry {
  const log_id = requireText(value, 'log_id', at);
  return { ...readLeniently(entry, value), log_id };
}

const receipt = fields<ImmediateComplaintReplyReceipt>({ log_id: text, unreadFields: added });

/** Never fails: a success means that the consumer got the reply, whatever its body says. */
export const readReceipt: Reader<ImmediateComplaintReplyReceipt> = (json) =>
  readLeniently(receipt, json);
