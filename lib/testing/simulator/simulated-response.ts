import type { ComplaintActionType } from '../../notifications/complaint-notification-payload.interface.js';

/** An error answer of the API. */
export interface SimulatedError {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly detail?: Readonly<Record<string, unknown>>;
}

/** What a notification tells of. */
export interface ComplaintEvent {
  readonly complaint_id: string;
  readonly action_type: ComplaintActionType;
}

export interface SimulatedResponse {
  readonly status: number;
  readonly body: string | Buffer;
  readonly isSigned: boolean;
  /** @default JSON, where there is a body */
  readonly contentType?: string;
  /** Notified once this is answered. */
  readonly event?: ComplaintEvent;
}

/** A call that WeChat Pay refuses. */
export class RequestRejection extends Error {
  constructor(readonly answer: SimulatedError) {
    super(`${answer.code}: ${answer.message}`);
  }
}

export function success(body: object, event?: ComplaintEvent): SimulatedResponse {
  return { status: 200, body: JSON.stringify(body), isSigned: true, event };
}

export function noContent(event?: ComplaintEvent): SimulatedResponse {
  return { status: 204, body: '', isSigned: true, event };
}

/** A 401 is not signed: WeChat Pay does not know for whom it would sign. */
export function errorResponse({ status, ...body }: SimulatedError): SimulatedResponse {
  return { status, body: JSON.stringify(body), isSigned: status !== 401 };
}

/** 400 PARAM_ERROR on one field. */
export function paramError(
  field: string,
  value: unknown,
  issue: string,
  location: 'body' | 'query' = 'body',
): SimulatedError {
  const detail = { field, value, issue, location };
  return { status: 400, code: 'PARAM_ERROR', message: '参数错误', detail };
}

/** 400 INVALID_REQUEST: the call does not fit the state of things. */
export function invalidRequest(message: string): SimulatedError {
  return { status: 400, code: 'INVALID_REQUEST', message };
}

export function notFound(message = '请求的资源不存在'): SimulatedError {
  return { status: 404, code: 'RESOURCE_NOT_EXISTS', message };
}
