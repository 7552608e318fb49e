import { isJsonObject } from '../utils/json.js';
import { typeName } from '../utils/type-name.js';
import { type ArgumentProblems } from '../http/request-arguments.js';
import {
  contentProblems,
  httpsUrlProblems,
  integerProblems,
  mediaIdsProblems,
  rangeProblems,
  textProblems,
  unlessAbsent,
} from './argument-checks.js';
import type { ComplaintMessage } from './interfaces/complaint-message.interface.js';
import type {
  ComplaintQuery,
  ComplaintRefundApproval,
  ComplaintRefundRejection,
  ComplaintReply,
  ImmediateComplaintReply,
  PageQuery,
} from './interfaces/complaint-requests.interface.js';

/** Of one page. */
export const MAX_COMPLAINTS = 50;
export const MAX_ENTRIES = 300;
/** "At most 30 days", whether the last one counts or not. */
const MAX_DAYS_BETWEEN = 30;

export function queryProblems(query: ComplaintQuery): ArgumentProblems {
  return {
    ...rangeProblems(query, MAX_DAYS_BETWEEN),
    ...pageProblems(query, MAX_COMPLAINTS),
    complainted_mchid: unlessAbsent(query.complainted_mchid, mchidProblems),
  };
}

export function pageProblems({ limit, offset }: PageQuery, maxLimit: number): ArgumentProblems {
  return {
    limit: unlessAbsent(limit, (value) => integerProblems(value, 1, maxLimit)),
    offset: unlessAbsent(offset, (value) => integerProblems(value, 0)),
  };
}

export function mchidProblems(mchid: unknown): string[] {
  return textProblems(mchid, 64);
}

/** Of an id that becomes a segment of a path. */
export function complaintIdProblems(id: unknown): string[] {
  const problems = textProblems(id, 64);
  if (id === '.' || id === '..') problems.push('is no id');
  return problems;
}

export function replyProblems({
  complainted_mchid,
  response_content,
  response_images,
  jump_url,
  jump_url_text,
  mini_program_jump_info,
}: ComplaintReply): ArgumentProblems {
  return {
    complainted_mchid: mchidProblems(complainted_mchid),
    response_content: textProblems(response_content, 500),
    response_images: unlessAbsent(response_images, mediaIdsProblems),
    jump_url: unlessAbsent(jump_url, (url) => httpsUrlProblems(url, 512)),
    jump_url_text:
      jump_url !== undefined && jump_url_text === undefined
        ? ['is missing: it is what the user sees of jump_url']
        : unlessAbsent(jump_url_text, (text) => textProblems(text, 10)),
    ...(mini_program_jump_info !== undefined && jumpProblems(mini_program_jump_info)),
  };
}

function jumpProblems(info: unknown): ArgumentProblems {
  if (!isJsonObject(info)) {
    return { mini_program_jump_info: [`is of type ${typeName(info)}, not an object`] };
  }
  return Object.fromEntries(
    ['appid', 'path', 'text'].map((name) => [
      `mini_program_jump_info.${name}`,
      textProblems(info[name]),
    ]),
  );
}

export function approvalProblems(approval: ComplaintRefundApproval): ArgumentProblems {
  const { launch_refund_day, remark } = approval;
  return {
    launch_refund_day: unlessAbsent(launch_refund_day, (days) => integerProblems(days, 0)),
    remark: unlessAbsent(remark, (text) => textProblems(text, 200)),
  };
}

export function rejectionProblems(rejection: ComplaintRefundRejection): ArgumentProblems {
  const { reject_reason, reject_media_list, remark } = rejection;
  return {
    reject_reason: unlessAbsent(reject_reason, (text) => textProblems(text, 200)),
    reject_media_list: unlessAbsent(reject_media_list, mediaIdsProblems),
    remark: unlessAbsent(remark, (text) => textProblems(text, 200)),
  };
}

export function immediateReplyProblems({
  complainted_mchid,
  idempotent_id,
  message,
}: ImmediateComplaintReply): ArgumentProblems {
  return {
    complainted_mchid: mchidProblems(complainted_mchid),
    idempotent_id: textProblems(idempotent_id, 128),
    ...messageProblems(message),
  };
}

/** The field that a block of this type has. A type that is not known here has what it likes. */
const CONTENTS: ReadonlyMap<unknown, string> = new Map(
  ['TEXT', 'IMAGE', 'LINK', 'FAQ_LIST', 'BUTTON', 'BUTTON_GROUP'].map((type) => [
    type,
    type.toLowerCase(),
  ]),
);

function messageProblems(message: ComplaintMessage): ArgumentProblems {
  const given: unknown = message;
  if (!isJsonObject(given)) return { message: [`is of type ${typeName(given)}, not an object`] };
  const { blocks, custom_data } = given;
  if (!Array.isArray(blocks) || blocks.length === 0) {
    return { 'message.blocks': ['must be an array with at least one block'] };
  }
  return {
    ...contentProblems(message, 'message'),
    ...Object.fromEntries(
      blocks.map((block: unknown, index) => [`message.blocks[${index}]`, blockProblems(block)]),
    ),
    'message.custom_data': unlessAbsent(custom_data, (data) => textProblems(data, 4096)),
  };
}

function blockProblems(block: unknown): string[] {
  if (!isJsonObject(block)) return [`is of type ${typeName(block)}, not an object`];
  const { type } = block;
  if (typeof type !== 'string' || type === '') return ['must have a type'];
  const content = CONTENTS.get(type);
  return content === undefined || isJsonObject(block[content])
    ? []
    : [`is of type ${type}, and must have the object ${content}`];
}
