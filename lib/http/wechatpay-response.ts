import { Readable } from 'node:stream';
import type { AxiosResponse } from 'axios';
import { isJsonObject, isNestedWithin, parseJsonObject } from '../utils/json.js';
import { readRequestId } from '../protocol/request-id.js';
import type { HeaderFields } from '../protocol/signature-headers.js';
import { toTypedError } from './network-failure.js';
import { boundStream, readAtMost } from './bounded-stream.js';
import { parseRetryAfter } from './retry-policy.js';
import { malformedResponse, WechatPayApiError } from '../errors/wechatpay-api.error.js';
import { requestName, type WechatPayRequest } from './wechatpay-request.js';

/** What comes before the body of a 2xx answer. */
export interface ResponseHead {
  readonly status: number;
  readonly headers: HeaderFields;
  readonly requestId?: string;
}

/** A 2xx answer whose signature nobody has looked at yet. */
export interface UnverifiedResponse extends ResponseHead {
  readonly body: Buffer;
}

/** A 2xx answer without a signature, whose body is still on its way. */
export interface StreamedResponse extends ResponseHead {
  readonly stream: Readable;
}

/** Most answers have some hundred bytes; certificates a few thousand. */
export const MAX_RESPONSE_BYTES = 1024 * 1024;

/** Error answers are signed by nobody; what is made of them goes into logs, and has to fit there. */
const API_CODE = /^\w{1,64}$/;
/** Two have been seen: `sign_information` in `detail`. */
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

/** @throws WechatPayApiError what WeChat Pay says, unless that is a success */
export function toResponse(
  call: WechatPayRequest,
  response: AxiosResponse<unknown>,
): UnverifiedResponse {
  const head = toHead(response);
  const body = Buffer.isBuffer(response.data) ? response.data : Buffer.alloc(0);
  if (isSuccess(head)) return { ...head, body };
  throw toApiError(call, head, body);
}

/** @throws WechatPayApiError what WeChat Pay says, unless that is a success; what `check` throws */
export async function toStreamedResponse(
  call: WechatPayRequest,
  response: AxiosResponse<unknown>,
  check: (answer: ResponseHead) => void,
  limit: number,
): Promise<StreamedResponse> {
  const head = toHead(response);
  const source: unknown = response.data;
  if (!(source instanceof Readable)) throw new Error('the answer is no stream');
  if (!isSuccess(head)) {
    const body = await readAtMost(source, MAX_RESPONSE_BYTES);
    throw toApiError(call, head, body ?? Buffer.alloc(0));
  }
  try {
    check(head);
  } catch (error) {
    source.destroy();
    throw error;
  }
  const maxBytes = call.maxBytes ?? MAX_RESPONSE_BYTES;
  const stream = boundStream(source, {
    maxBytes,
    limit,
    toTooLarge: () =>
      malformedResponse(requestName(call), `the answer has more than ${maxBytes} bytes`, head),
    toTypedError: (error) => toTypedError(call, error, limit),
  });
  return { ...head, stream };
}

function toApiError(
  call: WechatPayRequest,
  { status, headers, requestId }: ResponseHead,
  body: Uint8Array,
): WechatPayApiError {
  const { code: sentCode, message, detail } = parseJsonObject(body) ?? {};
  const code =
    typeof sentCode === 'string' && API_CODE.test(sentCode) ? sentCode : `HTTP_${status}`;
  const apiMessage = typeof message === 'string' ? message : 'the body has no message';
  return new WechatPayApiError(
    requestName(call),
    code,
    apiMessage,
    isJsonObject(detail) && isNestedWithin(detail, MAX_DETAIL_LEVELS) ? detail : undefined,
    {
      status,
      requestId,
      retryAfter: parseRetryAfter(firstOf(headers['retry-after']), Date.now()),
      hint: hintFor(call, code, apiMessage),
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
