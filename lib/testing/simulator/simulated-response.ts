import type { ComplaintActionType } from '../../notifications/complaint-notification-payload.interface.js';

/** An error response of the API. */
export interface SimulatedError {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly detail?: Readonly<Record<string, unknown>>;
}

/** What a notification is about. */
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
  /** What the call has changed. It is notified after the response. */
  readonly event?: ComplaintEvent;
}

/** A call that WeChat Pay rejects. */
export class RequestRejection extends Error {
  override readonly name = 'RequestRejection';

  constructor(readonly error: SimulatedError) {
    super(`${error.code}: ${error.message}`);
  }
}

export function success(body: object, event?: ComplaintEvent): SimulatedResponse {
  return { status: 200, body: JSON.stringify(body), isSigned: true, event };
}

export function noContent(event?: ComplaintEvent): SimulatedResponse {
  return { status: 204, body: '', isSigned: true, event };
}

/** Bytes of an image, which the service does not sign. */
export function imageResponse(image: {
  readonly bytes: Buffer;
  readonly contentType: string;
}): SimulatedResponse {
  return { status: 200, body: image.bytes, contentType: image.contentType, isSigned: false };
}

/** A 401 is unsigned, because WeChat Pay does not know whose key to sign it with. */
export function errorResponse({ status, ...body }: SimulatedError): SimulatedResponse {
  return { status, body: JSON.stringify(body), isSigned: status !== 401 };
}

/** 400 PARAM_ERROR about one field. */
export function paramError(
  field: string,
  value: unknown,
  issue: string,
  location: 'body' | 'query' = 'body',
): SimulatedError {
  const detail = { field, value, issue, location };
  return { status: 400, code: 'PARAM_ERROR', message: '参数错误', detail };
}

/** 400 INVALID_REQUEST: the call is well-formed, but not allowed at present. */
export function invalidRequest(message: string): SimulatedError {
  return { status: 400, code: 'INVALID_REQUEST', message };
}

/** 403 NO_AUTH. */
export function noAuth(message: string): SimulatedError {
  return { status: 403, code: 'NO_AUTH', message };
}

export function notFound(message = '请求的资源不存在'): SimulatedError {
  return { status: 404, code: 'RESOURCE_NOT_EXISTS', message };
}

/** 429 FREQUENCY_LIMITED. */
export function rateLimited(): SimulatedError {
  return { status: 429, code: 'FREQUENCY_LIMITED', message: '请求频率过高，请降低频率后重试' };
}
