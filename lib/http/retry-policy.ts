import { isJsonObject } from '../utils/json.js';
import type { WechatPayError } from '../errors/wechatpay.error.js';
import { WechatPayApiError } from '../errors/wechatpay-api.error.js';
import { WechatPayNetworkError } from '../errors/wechatpay-network.error.js';
import { WechatPaySignatureError } from '../errors/wechatpay-signature.error.js';

export interface RetrySettings {
  /** How often a call is sent at most. */
  readonly attempts: number;
  /** Milliseconds: the first pause is up to this, each further one up to twice the one before. */
  readonly baseDelay: number;
  /** Milliseconds. */
  readonly maxDelay: number;
  /** Milliseconds for a call with all its attempts and pauses. */
  readonly deadline: number;
}

/** Codes of a TLS handshake that failed: the request is only sent after it. */
const HANDSHAKE = /^ERR_TLS_|CERT|^UNABLE_TO_VERIFY_/;
/** Codes of Node for a connection that was not made, or broke; those of axios begin with `ERR_`. */
const CONNECTION = /^(E(?!RR_)[A-Z_]+|TIMEOUT)$/;
/** What failed when a connection was not made; the same codes can come from one that was. */
const CONNECTING: readonly unknown[] = ['connect', 'getaddrinfo'];
const REPEATABLE_METHODS: ReadonlySet<string> = new Set(['GET', 'PUT']);
const TOO_MANY_REQUESTS = 429;
const RATE_LIMIT_CODES: ReadonlySet<string> = new Set(['FREQUENCY_LIMITED', 'RATELIMIT_EXCEEDED']);

/** Whether the host may be out of reach. */
export function isConnectionFailure(error: WechatPayError): boolean {
  return (
    error instanceof WechatPayNetworkError &&
    (CONNECTION.test(error.code) || HANDSHAKE.test(error.code))
  );
}

function wasNeverSent({ code, cause }: WechatPayNetworkError): boolean {
  return HANDSHAKE.test(code) || isConnecting(cause);
}

/** Also of what Node throws when it has tried every address of a host. */
function isConnecting(cause: unknown): boolean {
  if (!isJsonObject(cause)) return false;
  const { syscall, errors } = cause;
  return Array.isArray(errors) && errors.length > 0
    ? errors.every(isConnecting)
    : CONNECTING.includes(syscall);
}

/**
 * Whether a call may be sent again after this failure. Reading, and setting a URL to what it may be
 * already, can be repeated after anything that may pass. Creating, deleting and answering cannot once
 * they may have taken effect: the repetition would answer that it exists, or that it does not, or a
 * user would be told twice.
 *
 * @param isRepeatable whether WeChat Pay recognises the repetition as one
 */
export function mayRetry(
  method: string,
  error: WechatPayError,
  isRepeatable = REPEATABLE_METHODS.has(method),
): boolean {
  if (error instanceof WechatPayNetworkError) {
    if (error.code === 'ABORTED') return false;
    return isRepeatable || wasNeverSent(error);
  }
  if (error instanceof WechatPayApiError) {
    const { status, code } = error;
    if (status === TOO_MANY_REQUESTS || RATE_LIMIT_CODES.has(code)) return true;
    return status >= 500 && isRepeatable;
  }
  // After a probe the genuine answer follows; any other bad signature will be bad again.
  return (
    error instanceof WechatPaySignatureError && error.code === 'SIGNATURE_PROBE' && isRepeatable
  );
}

/**
 * Milliseconds to wait after the nth failed attempt: exponential with full jitter, so that many
 * instances do not come again together, and never less than what `Retry-After` asks for.
 */
export function retryDelay(
  attempt: number,
  error: WechatPayError,
  settings: RetrySettings,
): number {
  const ceiling = Math.min(settings.maxDelay, settings.baseDelay * 2 ** (attempt - 1));
  const asked = error instanceof WechatPayApiError ? (error.retryAfter ?? 0) : 0;
  return Math.max(asked, Math.random() * ceiling);
}

/** `Retry-After` in milliseconds: it comes as seconds or as a date. */
export function parseRetryAfter(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  const milliseconds = /^\d{1,9}$/.test(value) ? Number(value) * 1000 : Date.parse(value) - now;
  return milliseconds >= 0 ? milliseconds : undefined;
}
