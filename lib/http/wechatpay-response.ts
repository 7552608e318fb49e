import { Readable } from 'node:stream';
import type { AxiosResponse } from 'axios';
import { malformedResponse, WechatPayApiError } from '../errors/wechatpay-api.error.js';
import { readRequestId } from '../protocol/request-id.js';
import type { HeaderFields } from '../protocol/signature-headers.js';
import { isJsonObject, isNestedWithin, parseJsonObject } from '../utils/json.js';
import { boundStream, readAtMost } from './bounded-stream.js';
import { toWechatPayError } from './network-failure.js';
import { parseRetryAfter } from './retry-policy.js';
import { requestName, type WechatPayRequest } from './wechatpay-request.js';

/** Status and headers of a 2xx response. Header names are in lower case. */
export interface ResponseHead {
  readonly status: number;
  readonly headers: HeaderFields;
  readonly requestId?: string;
}

/** A 2xx response whose signature has not been checked yet. */
export interface UnverifiedResponse extends ResponseHead {
  readonly body: Buffer;
}

/** An unsigned 2xx response whose body is still arriving. */
export interface StreamedResponse extends ResponseHead {
  readonly stream: Readable;
}

/** Most responses have a few hundred bytes, a list of certificates a few thousand. */
export const MAX_RESPONSE_BYTES = 1024 * 1024;

/** Error responses are unsigned and end up in logs, so their parts must be short and plain. */
const API_CODE = /^\w{1,64}$/;
/** WeChat Pay sends two levels at most: `sign_information` in `detail`. */
const MAX_DETAIL_LEVELS = 8;

function toHead({ status, headers }: AxiosResponse<unknown>): ResponseHead {
  const fields: HeaderFields = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), toField(value)]),
  );
  return { status, headers: fields, requestId: readRequestId(fields) };
}

function isSuccess({ status }: ResponseHead): boolean {
  return status >= 200 && status < 300;
}

/** @throws WechatPayApiError when the status is not 2xx */
export function toResponse(
  request: WechatPayRequest,
  response: AxiosResponse<unknown>,
): UnverifiedResponse {
  const head = toHead(response);
  const body = Buffer.isBuffer(response.data) ? response.data : Buffer.alloc(0);
  if (isSuccess(head)) return { ...head, body };
  throw toApiError(request, head, body);
}

/** @throws WechatPayApiError when the status is not 2xx, and whatever `check` throws */
export async function toStreamedResponse(
  request: WechatPayRequest,
  response: AxiosResponse<unknown>,
  check: (response: ResponseHead) => void,
  idleLimit: number,
): Promise<StreamedResponse> {
  const head = toHead(response);
  const source: unknown = response.data;
  if (!(source instanceof Readable)) throw new Error('the response is not a stream');
  if (!isSuccess(head)) {
    const body = await readAtMost(source, MAX_RESPONSE_BYTES);
    throw toApiError(request, head, body ?? Buffer.alloc(0));
  }
  try {
    check(head);
  } catch (error) {
    source.destroy();
    throw error;
  }
  const maxBytes = request.maxBytes ?? MAX_RESPONSE_BYTES;
  const stream = boundStream(source, {
    maxBytes,
    idleLimit,
    tooLargeError: () =>
      malformedResponse(requestName(request), `the response has more than ${maxBytes} bytes`, head),
    mapError: (error) => toWechatPayError(request, error, idleLimit),
  });
  return { ...head, stream };
}

function toApiError(
  request: WechatPayRequest,
  { status, headers, requestId }: ResponseHead,
  body: Uint8Array,
): WechatPayApiError {
  const { code: sentCode, message, detail } = parseJsonObject(body) ?? {};
  const code =
    typeof sentCode === 'string' && API_CODE.test(sentCode) ? sentCode : `HTTP_${status}`;
  const apiMessage = typeof message === 'string' ? message : 'the response has no message';
  return new WechatPayApiError(
    requestName(request),
    code,
    apiMessage,
    isJsonObject(detail) && isNestedWithin(detail, MAX_DETAIL_LEVELS) ? detail : undefined,
    {
      status,
      requestId,
      retryAfter: parseRetryAfter(firstOf(headers['retry-after']), Date.now()),
      hint: hintFor(request, code, apiMessage),
    },
  );
}

function hintFor(
  { hints = {} }: WechatPayRequest,
  code: string,
  message: string,
): string | undefined {
  const key = Object.keys(hints).find((part) => message.includes(part)) ?? code;
  return Object.hasOwn(hints, key) ? hints[key] : undefined;
}

function firstOf(field: string | readonly string[] | undefined): string | undefined {
  return typeof field === 'string' ? field : field?.[0];
}

function toField(value: unknown): string | string[] | undefined {
  if (Array.isArray(value)) return value.map(String);
  return typeof value === 'string' ? value : undefined;
}
