import {
  fields,
  flag,
  integer,
  list,
  listOrNone,
  optional,
  type Reader,
  text,
} from '../http/response-reader.js';
import type {
  Complaint,
  ComplaintAdditionalInfo,
  ComplaintMedia,
  ComplaintOrder,
  ComplaintServiceOrder,
  Page,
  SharePowerInfo,
  SharePowerReturnAddress,
} from './interfaces/complaint.interface.js';
import type { ComplaintHistoryEntry } from './interfaces/complaint-history.interface.js';
import type {
  ButtonGroupMessageBlock,
  ButtonMessageBlock,
  ComplaintClickMessage,
  ComplaintMessage,
  FaqListMessageBlock,
  ImageMessageBlock,
  LinkMessageBlock,
  MessageAction,
  MessageActionContent,
  MessageBlock,
  MessageButton,
  MessageButtonGroup,
  MessageFaq,
  MessageFaqList,
  MessageImage,
  MessageInvalidInfo,
  MessageLink,
  MessageText,
  MiniProgramJumpInfo,
  TextMessageBlock,
  UnknownMessageBlock,
  UnknownMessageBlockType,
} from './interfaces/complaint-message.interface.js';
import type {
  ImmediateComplaintReplyReceipt,
  UploadedComplaintImage,
} from './interfaces/complaint-requests.interface.js';

const readMedia = fields<ComplaintMedia>({ media_type: text, media_url: listOrNone(text) });

/** @throws AnswerFault */
export const readComplaint = fields<Complaint>({
  complaint_id: text,
  complaint_time: text,
  complaint_detail: text,
  complaint_state: text,
  complainted_mchid: optional(text),
  payer_phone: optional(text),
  payer_openid: optional(text),
  complaint_media_list: optional(list(readMedia)),
  complaint_order_info: optional(
    list(fields<ComplaintOrder>({ transaction_id: text, out_trade_no: text, amount: integer })),
  ),
  service_order_info: optional(
    list(
      fields<ComplaintServiceOrder>({
        order_id: optional(text),
        out_order_no: optional(text),
        state: optional(text),
      }),
    ),
  ),
  complaint_full_refunded: flag,
  incoming_user_response: flag,
  problem_description: text,
  user_complaint_times: integer,
  problem_type: optional(text),
  apply_refund_amount: optional(integer),
  user_tag_list: optional(list(text)),
  additional_info: optional(
    fields<ComplaintAdditionalInfo>({
      type: optional(text),
      share_power_info: optional(
        fields<SharePowerInfo>({
          return_time: optional(text),
          return_address_info: optional(
            fields<SharePowerReturnAddress>({
              return_address: optional(text),
              longitude: optional(text),
              latitude: optional(text),
            }),
          ),
          is_returned_to_same_machine: optional(flag),
        }),
      ),
    }),
  ),
  in_platform_service: optional(flag),
  need_immediate_service: optional(flag),
  is_agent_mode: optional(flag),
});

const readAction = fields<MessageAction>({
  action_type: text,
  jump_url: optional(text),
  mini_program_jump_info: optional(
    fields<MiniProgramJumpInfo>({ appid: text, path: text, text: optional(text) }),
  ),
  message_info: optional(
    fields<MessageActionContent>({ content: text, custom_data: optional(text) }),
  ),
  action_id: optional(text),
});
const readInvalidInfo = optional(
  fields<MessageInvalidInfo>({ expired_time: optional(text), multi_clickable: optional(flag) }),
);
const button = { text, action: optional(readAction) };

function literal<T extends string>(expected: T): Reader<T> {
  return () => expected;
}

const BLOCKS: ReadonlyMap<string, Reader<MessageBlock>> = new Map<string, Reader<MessageBlock>>([
  [
    'TEXT',
    fields<TextMessageBlock>({
      type: literal('TEXT'),
      text: fields<MessageText>({ text, color: optional(text), is_bold: optional(flag) }),
    }),
  ],
  [
    'IMAGE',
    fields<ImageMessageBlock>({
      type: literal('IMAGE'),
      image: fields<MessageImage>({ media_id: text, image_style_type: optional(text) }),
    }),
  ],
  [
    'LINK',
    fields<LinkMessageBlock>({
      type: literal('LINK'),
      link: fields<MessageLink>({ ...button, invalid_info: readInvalidInfo }),
    }),
  ],
  [
    'FAQ_LIST',
    fields<FaqListMessageBlock>({
      type: literal('FAQ_LIST'),
      faq_list: fields<MessageFaqList>({
        faqs: listOrNone(
          fields<MessageFaq>({
            faq_id: optional(text),
            faq_title: text,
            action: optional(readAction),
          }),
        ),
      }),
    }),
  ],
  [
    'BUTTON',
    fields<ButtonMessageBlock>({
      type: literal('BUTTON'),
      button: fields<MessageButton>({ ...button, invalid_info: readInvalidInfo }),
    }),
  ],
  [
    'BUTTON_GROUP',
    fields<ButtonGroupMessageBlock>({
      type: literal('BUTTON_GROUP'),
      button_group: fields<MessageButtonGroup>({
        buttons: listOrNone(fields<Omit<MessageButton, 'invalid_info'>>(button)),
        button_layout: optional(text),
        invalid_info: readInvalidInfo,
      }),
    }),
  ],
]);

const readUnknownBlock = fields<UnknownMessageBlock>({
  // Text that is none of the known types is what this type stands for.
  type: text as Reader<UnknownMessageBlockType>,
});

const readBlock: Reader<MessageBlock> = (value, path) => {
  const block = readUnknownBlock(value, path);
  return BLOCKS.get(block.type)?.(value, path) ?? block;
};

/** @throws AnswerFault */
export const readHistoryEntry = fields<ComplaintHistoryEntry>({
  log_id: text,
  operator: text,
  operate_time: text,
  operate_type: text,
  operate_details: optional(text),
  image_list: optional(list(text)),
  complaint_media_list: optional(readMedia),
  user_appy_platform_service_reason: optional(text),
  user_appy_platform_service_reason_description: optional(text),
  normal_message: optional(
    fields<ComplaintMessage>({
      blocks: listOrNone(readBlock),
      sender_identity: optional(text),
      custom_data: optional(text),
    }),
  ),
  click_message: optional(
    fields<ComplaintClickMessage>({
      message_content: optional(text),
      action_id: optional(text),
      clicked_log_id: optional(text),
    }),
  ),
});

/** WeChat Pay leaves `data` out where there is nothing. @throws AnswerFault */
export function pageOf<T>(read: Reader<T>): Reader<Page<T>> {
  return fields<Page<T>>({
    data: listOrNone(read),
    limit: integer,
    offset: integer,
    total_count: optional(integer),
  });
}

/** @throws AnswerFault */
export const readReceipt = fields<ImmediateComplaintReplyReceipt>({ log_id: text });

/** @throws AnswerFault */
export const readUploaded = fields<UploadedComplaintImage>({ media_id: text });
