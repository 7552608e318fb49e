import type { MessageBlock } from '../../../complaints/interfaces/complaint-message.interface.js';
import { isJsonObject, type JsonObject } from '../../../utils/json.js';
import {
  invalidRequest,
  noAuth,
  noContent,
  RequestRejection,
  type SimulatedResponse,
  success,
} from '../simulated-response.js';
import { reject, readCount, readDay, readMediaIds, readOptionalText, readText } from './fields.js';
import { readBody, type Route, type RoutedCall } from './route-table.js';

/** Days between the first and the last day of a list. */
const MAX_DAYS = 30;

/** @param maxResultSize number of entries that a page may have */
export function complaintRoutes(maxResultSize = Infinity): readonly Route[] {
  return [
    {
      method: 'GET',
      path: /^\/v3\/merchant-service\/complaints-v2$/,
      respond: (call) => list(call, maxResultSize),
    },
    { method: 'GET', path: /^\/v3\/merchant-service\/complaints-v2\/([^/]+)$/, respond: get },
    {
      method: 'GET',
      path: pathOf('negotiation-historys'),
      respond: (call) => history(call, maxResultSize),
    },
    { method: 'POST', path: pathOf('response'), respond: reply },
    { method: 'POST', path: pathOf('response-immediate-service'), respond: replyImmediately },
    { method: 'POST', path: pathOf('complete'), respond: complete },
    { method: 'POST', path: pathOf('update-refund-progress'), respond: decideRefund },
  ];
}

function pathOf(step: string): RegExp {
  return new RegExp(`^/v3/merchant-service/complaints-v2/([^/]+)/${step}$`);
}

function list({ state, query }: RoutedCall, maxResultSize: number): SimulatedResponse {
  const begin = query.get('begin_date') ?? '';
  const end = query.get('end_date') ?? '';
  const [first, last] = [readDay('begin_date', begin), readDay('end_date', end)];
  if (first > last) reject('end_date', end, '结束日期不能早于开始日期', 'query');
  if (last - first > MAX_DAYS) reject('end_date', end, `日期跨度不能超过${MAX_DAYS}天`, 'query');
  const mchid = query.get('complainted_mchid');
  const { count, page: read } = state.complaints.search(
    ({ complaint_time, complainted_mchid }) =>
      begin <= complaint_time.slice(0, 10) &&
      complaint_time.slice(0, 10) <= end &&
      (mchid === null || mchid === complainted_mchid),
  );
  // Only the look-up of a single complaint returns `payer_openid`.
  const present = (offset: number, limit: number): object[] =>
    read(offset, limit).map((complaint) => ({ ...complaint, payer_openid: undefined }));
  return page({ count, page: present }, query, { defaultLimit: 10, maxLimit: 50, maxResultSize });
}

function get(call: RoutedCall): SimulatedResponse {
  assertOwn(call, '您暂无权限查询该投诉单的信息');
  return success(call.state.complaints.get(call.id));
}

function history(call: RoutedCall, maxResultSize: number): SimulatedResponse {
  assertOwn(call, '您暂无权限查询该投诉单的信息');
  const entries = call.state.complaints.history(call.id);
  const all = {
    count: entries.length,
    page: (offset: number, limit: number) => entries.slice(offset, offset + limit),
  };
  return page(all, call.query, { defaultLimit: 100, maxLimit: 300, maxResultSize });
}

function reply(call: RoutedCall): SimulatedResponse {
  const { id, state } = call;
  const body = readBody(call);
  assertComplainted(call, body, '您暂无权限为该投诉单提交商户回复');
  const event = state.complaints.reply(id, {
    response_content: readText(body, 'response_content', 500),
    response_images: readMediaIds(body, 'response_images', state.images),
  });
  return noContent(event);
}

function replyImmediately(call: RoutedCall): SimulatedResponse {
  const body = readBody(call);
  assertComplainted(call, body, '您暂无权限为该投诉单提交商户回复');
  const { message } = body;
  const blocks: unknown = isJsonObject(message) ? message.blocks : undefined;
  if (!isJsonObject(message) || !Array.isArray(blocks) || !areBlocks(blocks)) {
    reject('message', message, '消息内容不能为空');
  }
  const { log_id, event } = call.state.complaints.replyImmediately(call.id, {
    idempotent_id: readText(body, 'idempotent_id', 128),
    message: { ...message, blocks },
  });
  return success({ log_id }, event);
}

function complete(call: RoutedCall): SimulatedResponse {
  assertComplainted(call, readBody(call), '无权限');
  return noContent(call.state.complaints.complete(call.id));
}

function decideRefund(call: RoutedCall): SimulatedResponse {
  const { id, state } = call;
  const body = readBody(call);
  assertOwn(call, '无权限');
  const { action, launch_refund_day } = body;
  const remark = readOptionalText(body, 'remark', 200);
  switch (action) {
    case 'APPROVE':
      if (launch_refund_day !== undefined && !isDayCount(launch_refund_day)) {
        reject('launch_refund_day', launch_refund_day, '预计发起退款时间不正确');
      }
      return noContent(state.complaints.approveRefund(id, { launch_refund_day, remark }));
    case 'REJECT': {
      if (launch_refund_day !== undefined) {
        reject('launch_refund_day', launch_refund_day, '拒绝退款时不能传入');
      }
      const event = state.complaints.rejectRefund(id, {
        reject_reason: readOptionalText(body, 'reject_reason', 200),
        reject_media_list: readMediaIds(body, 'reject_media_list', state.images),
        remark,
      });
      return noContent(event);
    }
    default:
      return reject('action', action, '审批动作只能为 APPROVE 或 REJECT');
  }
}

/** @throws RequestRejection NO_AUTH when the complaint was made to another merchant */
function assertOwn({ merchants, state, id }: RoutedCall, message: string): void {
  const owner = merchants.findByComplaint(id);
  if (owner && owner !== state) throw new RequestRejection(noAuth(message));
}

/** @throws RequestRejection NO_AUTH when the body names another merchant than the complaint does */
function assertComplainted(call: RoutedCall, body: JsonObject, message: string): void {
  assertOwn(call, message);
  const mchid = readText(body, 'complainted_mchid', 64);
  if (mchid !== call.state.complaints.complaintedMchid(call.id)) {
    throw new RequestRejection(noAuth(message));
  }
}

function page(
  all: {
    readonly count: number;
    readonly page: (offset: number, limit: number) => readonly object[];
  },
  query: URLSearchParams,
  limits: {
    readonly defaultLimit: number;
    readonly maxLimit: number;
    readonly maxResultSize: number;
  },
): SimulatedResponse {
  const limit = readCount(query, 'limit', {
    byDefault: limits.defaultLimit,
    min: 1,
    max: limits.maxLimit,
  });
  const offset = readCount(query, 'offset', { byDefault: 0, min: 0 });
  const data = all.page(offset, limit);
  if (data.length > limits.maxResultSize) {
    throw new RequestRejection(invalidRequest('当前查询结果数据量过大，请缩小limit后重试'));
  }
  // The service sends the total with the first page only.
  return success({ data, limit, offset, ...(offset === 0 && { total_count: all.count }) });
}

function areBlocks(list: readonly unknown[]): list is readonly MessageBlock[] {
  return (
    list.length > 0 && list.every((block) => isJsonObject(block) && typeof block.type === 'string')
  );
}

function isDayCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0;
}
