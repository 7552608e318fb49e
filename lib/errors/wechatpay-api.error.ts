import { WechatPayError, type WechatPayErrorOptions } from './wechatpay.error.js';

/** Error codes that WeChat Pay documents for these calls. The set is open. */
export type WechatPayApiErrorCode =
  | 'PARAM_ERROR'
  | 'INVALID_REQUEST'
  | 'SIGN_ERROR'
  | 'NO_AUTH'
  | 'RESOURCE_NOT_EXISTS'
  | 'FREQUENCY_LIMITED'
  | 'RATELIMIT_EXCEEDED'
  | 'SYSTEM_ERROR'
  | 'SERVICE_UNAVAILABLE'
  | 'MALFORMED_RESPONSE'
  | (string & {});

/** `detail` of an error response, as WeChat Pay sends it. */
export interface WechatPayApiErrorDetail {
  readonly field?: string;
  readonly value?: unknown;
  readonly issue?: string;
  readonly location?: string;
  readonly [field: string]: unknown;
}

const HINTS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    SIGN_ERROR: 'Check that serial, privateKey and mchid belong together.',
    NO_AUTH: 'The merchant lacks the permission for this API (merchant console, 产品中心).',
    INVALID_REQUEST:
      "Check also that the PUB_KEY_ID_... in platformKeys is the merchant's present one.",
    FREQUENCY_LIMITED: 'Wait before the next call.',
    RATELIMIT_EXCEEDED: 'Wait before the next call.',
    SYSTEM_ERROR: 'Try again later.',
    SERVICE_UNAVAILABLE: 'Try again later.',
  }),
);

/**
 * WeChat Pay responded with an error. Decide by `code`, never by `status`: one code comes with
 * different statuses. A response without a code of its own, such as a gateway's HTML page, has
 * `HTTP_<status>`; a success whose body is not as documented has `MALFORMED_RESPONSE`.
 */
export class WechatPayApiError extends WechatPayError {
  declare readonly code: WechatPayApiErrorCode;
  declare readonly status: number;
  /** Milliseconds that WeChat Pay asks to wait before the next request. */
  declare readonly retryAfter?: number;

  constructor(
    /** Method and path. */
    request: string,
    code: WechatPayApiErrorCode,
    /** WeChat Pay's message as sent; `message` has it shortened and in one line. */
    readonly apiMessage: string,
    /** WeChat Pay's details as sent; undefined when they are nested too deeply to be logged. */
    readonly detail: WechatPayApiErrorDetail | undefined,
    options: WechatPayErrorOptions & {
      status: number;
      retryAfter?: number;
      /** What the code means for this request, where that is more specific than for any request. */
      hint?: string;
    },
  ) {
    const hint = options.hint ?? HINTS.get(code);
    super(
      code,
      `${request} failed with ${options.status} ${code}: ${inOneLine(apiMessage)}` +
        (hint ? ` [${hint}]` : '') +
        (options.requestId ? ` (Request-ID ${options.requestId})` : ''),
      options,
    );
    if (options.retryAfter !== undefined) this.retryAfter = options.retryAfter;
  }
}

/** The error for a success that is not as documented. `reason` is a clause such as "it is empty". */
export function malformedResponse(
  request: string,
  reason: string,
  { status, requestId }: { readonly status: number; readonly requestId?: string },
): WechatPayApiError {
  return new WechatPayApiError(request, 'MALFORMED_RESPONSE', reason, undefined, {
    status,
    requestId,
  });
}

const MAX_MESSAGE_LENGTH = 500;

/** Error responses are unsigned, so anybody may have written one: it must not forge log lines. */
function inOneLine(text: string): string {
  return text.replaceAll(/[\p{C}\p{Z}]+/gu, ' ').slice(0, MAX_MESSAGE_LENGTH);
}
