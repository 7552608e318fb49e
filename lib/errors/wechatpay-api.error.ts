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

/** `detail` of an error answer, as WeChat Pay sends it. */
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
 * WeChat Pay answered with an error. Decide by `code`, never by `status`: the same code comes with
 * different statuses. An answer without a code of its own (a gateway's HTML) has `HTTP_<status>`;
 * a success whose body is not what is documented has `MALFORMED_RESPONSE`.
 */
export class WechatPayApiError extends WechatPayError {
  declare readonly code: WechatPayApiErrorCode;
  declare readonly status: number;
  /** Milliseconds after which WeChat Pay asks to be called again. */
  declare readonly retryAfter?: number;

  constructor(
    call: string,
    code: WechatPayApiErrorCode,
    /** WeChat Pay's own message, as sent; `message` has it in one line, and no more than fits there. */
    readonly apiMessage: string,
    /** What WeChat Pay says on the fault, as sent, unless it is nested beyond reason. */
    readonly detail: WechatPayApiErrorDetail | undefined,
    options: WechatPayErrorOptions & {
      status: number;
      retryAfter?: number;
      /** What the code means for this call, where that is more than for any call. */
      hint?: string;
    },
  ) {
    const hint = options.hint ?? HINTS.get(code);
    super(
      code,
      `${call} was answered with ${options.status} ${code}: ${inOneLine(apiMessage)}` +
        (hint ? ` [${hint}]` : '') +
        (options.requestId ? ` (Request-ID ${options.requestId})` : ''),
      options,
    );
    if (options.retryAfter !== undefined) this.retryAfter = options.retryAfter;
  }
}

/** A success that is not what is documented. `reason` completes "the answer ..." for people. */
export function malformedResponse(
  call: string,
  reason: string,
  { status, requestId }: { readonly status: number; readonly requestId?: string },
): WechatPayApiError {
  return new WechatPayApiError(call, 'MALFORMED_RESPONSE', reason, undefined, {
    status,
    requestId,
  });
}

const MAX_MESSAGE_LENGTH = 500;

/** Error answers are signed by nobody: none of them is to begin a log line of its own. */
function inOneLine(text: string): string {
  return text.replaceAll(/[\p{C}\p{Z}]+/gu, ' ').slice(0, MAX_MESSAGE_LENGTH);
}
