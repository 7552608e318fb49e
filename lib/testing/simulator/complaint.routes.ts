import { dayOf } from '../../complaints/date-range.js';
import type { MessageBlock } from '../../complaints/interfaces/complaint-message.interface.js';
import { isJsonObject, type JsonObject, parseJsonObject } from '../../utils/json.js';
import type { ImageUpload } from './image-upload.js';
import {
  RequestRejection,
  errorResponse,
  noContent,
  notFound,
  paramError,
  type SimulatedResponse,
  success,
} from './simulated-response.js';
import type { SimulatedComplaints } from './simulated-complaints.js';
import type { SimulatedImages } from './simulated-images.js';

const PREFIX = '/v3/merchant-service';
/** Between the first and the last day of a list. */
const MAX_DAYS = 30;
const MAX_MEDIA = 4;

export interface ComplaintRequest {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  /** JSON text. */
  readonly body: string;
  readonly upload?: ImageUpload;
}

/** What a call works on. */
interface Merchant {
  readonly complaints: SimulatedComplaints;
  readonly images: SimulatedImages;
}

/** What a route gets of the request. */
interface Request {
  /** The complaint or media id of the path. */
  readonly id: string;
  readonly query: URLSearchParams;
  /** @throws CallRefusal PARAM_ERROR when it is no JSON object */
  readonly body: () => JsonObject;
  readonly upload?: ImageUpload;
}

type Route = readonly [
  method: string,
  path: RegExp,
  answer: (merchant: Merchant, request: Request) => SimulatedResponse,
];

const ROUTES: readonly Route[] = [
  ['GET', /^\/complaints-v2$/, list],
  ['GET', /^\/complaints-v2\/([^/]+)$/, ({ complaints }, { id }) => success(complaints.get(id))],
  ['GET', /^\/complaints-v2\/([^/]+)\/negotiation-historys$/, history],
  ['POST', /^\/complaints-v2\/([^/]+)\/response$/, respond],
  ['POST', /^\/complaints-v2\/([^/]+)\/response-immediate-service$/, respondImmediately],
  ['POST', /^\/complaints-v2\/([^/]+)\/complete$/, complete],
  ['POST', /^\/complaints-v2\/([^/]+)\/update-refund-progress$/, decideRefund],
  ['POST', /^\/images\/upload$/, uploadImage],
  ['GET', /^\/images\/([^/]+)$/, downloadImage],
];

/** Answers a call on complaints or images; undefined when it is no such call. */
export function serveComplaints(
  merchant: Merchant,
  { method, target, body, upload }: ComplaintRequest,
): SimulatedResponse | undefined {
  const [pathname = '', ...queries] = target.split('?');
  if (!pathname.startsWith(`${PREFIX}/`)) return undefined;
  const path = pathname.slice(PREFIX.length);
  const query = new URLSearchParams(queries.join('?'));
  for (const [routeMethod, pattern, answer] of ROUTES) {
    const match = routeMethod === method ? pattern.exec(path) : null;
    if (!match) continue;
    try {
      const id = decode(match[1] ?? '');
      return answer(merchant, { id, query, body: () => parseBody(body), upload });
    } catch (error) {
      if (error instanceof RequestRejection) return errorResponse(error.answer);
      throw error;
    }
  }
  return undefined;
}

function list({ complaints }: Merchant, { query }: Request): SimulatedResponse {
  const begin = query.get('begin_date') ?? '';
  const end = query.get('end_date') ?? '';
  const [first, last] = [readDay('begin_date', begin), readDay('end_date', end)];
  if (first > last) refuse('end_date', end, '结束日期不能早于开始日期', 'query');
  if (last - first > MAX_DAYS) refuse('end_date', end, `日期跨度不能超过${MAX_DAYS}天`, 'query');
  const mchid = query.get('complainted_mchid');
  const found = complaints
    .list()
    .filter(({ complaint_time = '' }) => {
      const day = complaint_time.slice(0, 10);
      return begin <= day && day <= end;
    })
    .filter(({ complainted_mchid }) => mchid === null || mchid === complainted_mchid)
    // Who complained is told for one complaint only.
    .map((complaint) => ({ ...complaint, payer_openid: undefined }));
  return page(found, query, { limit: 10, maxLimit: 50 });
}

function history({ complaints }: Merchant, { id, query }: Request): SimulatedResponse {
  return page(complaints.history(id), query, { limit: 100, maxLimit: 300 });
}

function respond({ complaints, images }: Merchant, { id, body }: Request): SimulatedResponse {
  const request = body();
  assertComplainted(complaints, id, request);
  const event = complaints.reply(id, {
    response_content: readText(request, 'response_content', 500),
    response_images: readMedia(request, 'response_images', images),
  });
  return noContent(event);
}

function respondImmediately({ complaints }: Merchant, { id, body }: Request): SimulatedResponse {
  const request = body();
  assertComplainted(complaints, id, request);
  const { message } = request;
  const blocks: unknown = isJsonObject(message) ? message.blocks : undefined;
  if (!isJsonObject(message) || !Array.isArray(blocks) || !isBlocks(blocks)) {
    refuse('message', message, '消息内容不能为空');
  }
  const { log_id, event } = complaints.replyImmediately(id, {
    idempotent_id: readText(request, 'idempotent_id', 128),
    message: { ...message, blocks },
  });
  return success({ log_id }, event);
}

function complete({ complaints }: Merchant, { id, body }: Request): SimulatedResponse {
  assertComplainted(complaints, id, body());
  return noContent(complaints.complete(id));
}

function decideRefund({ complaints, images }: Merchant, { id, body }: Request): SimulatedResponse {
  const request = body();
  const { action, launch_refund_day } = request;
  const remark = readOptionalText(request, 'remark', 200);
  switch (action) {
    case 'APPROVE':
      if (launch_refund_day !== undefined && !isDayCount(launch_refund_day)) {
        refuse('launch_refund_day', launch_refund_day, '预计发起退款时间不正确');
      }
      return noContent(complaints.approveRefund(id, { launch_refund_day, remark }));
    case 'REJECT': {
      const event = complaints.rejectRefund(id, {
        reject_reason: readOptionalText(request, 'reject_reason', 200),
        reject_media_list: readMedia(request, 'reject_media_list', images),
        remark,
      });
      return noContent(event);
    }
    default:
      return refuse('action', action, '审批动作只能为 APPROVE 或 REJECT');
  }
}

function uploadImage({ images }: Merchant, { upload }: Request): SimulatedResponse {
  if (!upload) return refuse('file', undefined, '请求体不是由 meta 和 file 组成的表单');
  return success({ media_id: images.upload(upload) });
}

function downloadImage({ images }: Merchant, { id }: Request): SimulatedResponse {
  const image = images.get(id);
  if (!image) throw new RequestRejection(notFound('图片不存在'));
  return { status: 200, body: image.bytes, contentType: image.contentType, isSigned: false };
}

function page(
  all: readonly object[],
  query: URLSearchParams,
  { limit: usual, maxLimit }: { readonly limit: number; readonly maxLimit: number },
): SimulatedResponse {
  const limit = readCount(query, 'limit', usual, 1, maxLimit);
  const offset = readCount(query, 'offset', 0, 0);
  const data = all.slice(offset, offset + limit);
  return success({ data, limit, offset, total_count: all.length });
}

function readDay(name: string, text: string): number {
  const day = dayOf(text);
  return Number.isNaN(day) ? refuse(name, text, '日期格式应为 yyyy-MM-dd', 'query') : day;
}

function readCount(
  query: URLSearchParams,
  name: string,
  usual: number,
  min: number,
  max = Number.MAX_SAFE_INTEGER,
): number {
  const text = query.get(name);
  if (text === null) return usual;
  const count = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
  return count >= min && count <= max ? count : refuse(name, text, '取值超出范围', 'query');
}

function readText(body: JsonObject, name: string, maxLength: number): string {
  return readOptionalText(body, name, maxLength) || refuse(name, body[name], '不能为空');
}

function readOptionalText(body: JsonObject, name: string, maxLength: number): string | undefined {
  const value = body[name];
  if (value === undefined) return undefined;
  if (typeof value !== 'string') return refuse(name, value, '应为字符串');
  if (Array.from(value).length > maxLength)
    return refuse(name, value, `长度超过${maxLength}个字符`);
  return value;
}

function readMedia(body: JsonObject, name: string, images: SimulatedImages): readonly string[] {
  const value = body[name] ?? [];
  const isList = (list: unknown): list is string[] =>
    Array.isArray(list) && list.every((id) => typeof id === 'string' && images.get(id));
  if (!isList(value)) return refuse(name, value, '图片不存在，请先上传');
  return value.length > MAX_MEDIA ? refuse(name, value, `最多${MAX_MEDIA}张图片`) : value;
}

function isBlocks(list: readonly unknown[]): list is readonly MessageBlock[] {
  return (
    list.length > 0 && list.every((block) => isJsonObject(block) && typeof block.type === 'string')
  );
}

function isDayCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0;
}

function assertComplainted(complaints: SimulatedComplaints, id: string, body: JsonObject): void {
  const { complainted_mchid } = complaints.get(id);
  if (body.complainted_mchid !== complainted_mchid) {
    refuse('complainted_mchid', body.complainted_mchid, '与投诉单的被诉商户号不一致');
  }
}

function parseBody(text: string): JsonObject {
  return parseJsonObject(Buffer.from(text)) ?? refuse('body', undefined, '请求体不是 JSON 对象');
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new RequestRejection(notFound());
  }
}

function refuse(field: string, value: unknown, issue: string, location?: 'body' | 'query'): never {
  throw new RequestRejection(paramError(field, value, issue, location));
}
