import { type ArgumentProblems, assertArguments } from '../http/request-arguments.js';
import { isJsonObject } from '../utils/json.js';
import {
  contentProblems,
  httpsUrlProblems,
  integerProblems,
  mediaIdsProblems,
  textProblems,
  typeProblem,
  unlessMissing,
} from './argument-checks.js';
import { rangeProblems } from './date-range.js';
import type {
  AllComplaintsQuery,
  ComplaintedMerchant,
  ComplaintHistoryQuery,
  ComplaintQuery,
  ComplaintRefundApproval,
  ComplaintRefundRejection,
  ComplaintReply,
  ImmediateComplaintReply,
  PageQuery,
  ReadAllOptions,
} from './interfaces/complaint-requests.interface.js';

/** Largest pages that WeChat Pay sends. */
export const MAX_COMPLAINTS = 50;
export const MAX_ENTRIES = 300;
/** A full page has some MiB when all of its texts are as long as they may be. */
export const MAX_PAGE_BYTES = 16 * 1024 * 1024;
/** "At most 30 days", whether or not WeChat Pay counts the last one. */
const MAX_DISTANCE = 30;

/**
 * Checks an argument object and returns a copy of it.
 *
 * @throws WechatPayArgumentError
 */
type Check<T> = (value: T) => T;

/** @param name of the argument, for JavaScript callers who omit it */
function check<T extends object>(
  name: string,
  problemsOf: (value: T) => ArgumentProblems,
): Check<T> {
  return (value) => {
    if (!isJsonObject(value)) assertArguments({ [name]: [typeProblem(value, 'an object')] });
    assertArguments(problemsOf(value));
    return { ...value };
  };
}

/**
 * An id that becomes a segment of a path.
 *
 * @throws WechatPayArgumentError
 */
export function checkComplaintId(id: string): string {
  const isDotSegment = id === '.' || id === '..';
  assertArguments({ complaint_id: isDotSegment ? ['is not an id'] : textProblems(id, 64) });
  return id;
}

export const checkQuery = check<ComplaintQuery>('query', (query) => ({
  ...rangeProblems(query, MAX_DISTANCE),
  ...pageProblems(query, MAX_COMPLAINTS),
  complainted_mchid: unlessMissing(query.complainted_mchid, mchidProblems),
}));

export const checkAllQuery = check<AllComplaintsQuery>('query', (query) => ({
  ...rangeProblems(query),
  ...readAllProblems(query, MAX_COMPLAINTS),
  complainted_mchid: unlessMissing(query.complainted_mchid, mchidProblems),
}));

export const checkHistoryQuery = check<ComplaintHistoryQuery>('page', (page) =>
  pageProblems(page, MAX_ENTRIES),
);

export const checkReadAllOptions = check<ReadAllOptions>('options', (options) =>
  readAllProblems(options, MAX_ENTRIES),
);

function pageProblems({ limit, offset }: PageQuery, maxLimit: number): ArgumentProblems {
  return {
    limit: unlessMissing(limit, (value) => integerProblems(value, 1, maxLimit)),
    offset: unlessMissing(offset, (value) => integerProblems(value, 0)),
  };
}

function readAllProblems(
  { limit, onUnreadable }: ReadAllOptions,
  maxLimit: number,
): ArgumentProblems {
  return {
    limit: unlessMissing(limit, (value) => integerProblems(value, 1, maxLimit)),
    onUnreadable: unlessMissing(onUnreadable, (value) =>
      typeof value === 'function' ? [] : [typeProblem(value, 'a function')],
    ),
  };
}

function mchidProblems(mchid: unknown): string[] {
  return textProblems(mchid, 64);
}

export const checkCompletion = check<ComplaintedMerchant>('merchant', (merchant) => ({
  complainted_mchid: mchidProblems(merchant.complainted_mchid),
}));

export const checkReply = check<ComplaintReply>('reply', (reply) => ({
  complainted_mchid: mchidProblems(reply.complainted_mchid),
  response_content: textProblems(reply.response_content, 500),
  response_images: unlessMissing(reply.response_images, mediaIdsProblems),
  jump_url: unlessMissing(reply.jump_url, (url) => httpsUrlProblems(url, 512)),
  jump_url_text:
    reply.jump_url !== undefined && reply.jump_url_text === undefined
      ? ['is missing: the consumer sees it in place of jump_url']
      : unlessMissing(reply.jump_url_text, (text) => textProblems(text, 10)),
  ...(reply.mini_program_jump_info !== undefined && jumpProblems(reply.mini_program_jump_info)),
}));

function jumpProblems(info: unknown): ArgumentProblems {
  if (!isJsonObject(info)) return { mini_program_jump_info: [typeProblem(info, 'an object')] };
  return {
    'mini_program_jump_info.appid': textProblems(info.appid),
    'mini_program_jump_info.path': textProblems(info.path),
    'mini_program_jump_info.text': textProblems(info.text),
  };
}

export const checkApproval = check<ComplaintRefundApproval>('approval', (approval) => ({
  launch_refund_day: unlessMissing(approval.launch_refund_day, (days) => integerProblems(days, 0)),
  remark: unlessMissing(approval.remark, (text) => textProblems(text, 200)),
}));

export const checkRejection = check<ComplaintRefundRejection>('rejection', (rejection) => ({
  reject_reason: unlessMissing(rejection.reject_reason, (text) => textProblems(text, 200)),
  reject_media_list: unlessMissing(rejection.reject_media_list, mediaIdsProblems),
  remark: unlessMissing(rejection.remark, (text) => textProblems(text, 200)),
  launch_refund_day:
    'launch_refund_day' in rejection && rejection.launch_refund_day !== undefined
      ? ['must not be given with a rejection: WeChat Pay rejects that with status 400']
      : [],
}));

export const checkImmediateReply = check<ImmediateComplaintReply>('reply', (reply) => ({
  complainted_mchid: mchidProblems(reply.complainted_mchid),
  idempotent_id: textProblems(reply.idempotent_id, 128),
  ...messageProblems(reply.message),
}));

/** Types of blocks, each with a field of the same name in lower case. Other types are sent as they are. */
const BLOCK_TYPES = ['TEXT', 'IMAGE', 'LINK', 'FAQ_LIST', 'BUTTON', 'BUTTON_GROUP'];

function messageProblems(message: unknown): ArgumentProblems {
  if (!isJsonObject(message)) return { message: [typeProblem(message, 'an object')] };
  const { blocks, custom_data } = message;
  if (!Array.isArray(blocks) || blocks.length === 0) {
    return { 'message.blocks': ['must be an array with at least one block'] };
  }
  return {
    ...contentProblems(message, 'message'),
    ...Object.fromEntries(
      blocks.map((block: unknown, index) => [`message.blocks[${index}]`, blockProblems(block)]),
    ),
    'message.custom_data': unlessMissing(custom_data, (data) => textProblems(data, 4096)),
  };
}

function blockProblems(block: unknown): string[] {
  if (!isJsonObject(block)) return [typeProblem(block, 'an object')];
  const { type } = block;
  if (typeof type !== 'string' || type === '') return ['must have a type'];
  const content = type.toLowerCase();
  return BLOCK_TYPES.includes(type) && !isJsonObject(block[content])
    ? [`is of type ${type}, and must have the object ${content}`]
    : [];
}
