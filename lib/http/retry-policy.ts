import { WechatPayApiError } from '../errors/wechatpay-api.error.js';
import type { WechatPayError } from '../errors/wechatpay.error.js';
import { WechatPayNetworkError } from '../errors/wechatpay-network.error.js';
import { WechatPaySignatureError } from '../errors/wechatpay-signature.error.js';
import { isJsonObject } from '../utils/json.js';
import { isIdempotent, type WechatPayRequest } from './wechatpay-request.js';

export interface RetrySettings {
  /** How often a request is sent at most. */
  readonly attempts: number;
  /** Milliseconds: the first pause is up to this long, each further one up to twice the last. */
  readonly baseDelay: number;
  /** Milliseconds that a pause lasts at most, unless `Retry-After` asks for more. */
  readonly maxDelay: number;
  /** Milliseconds for all attempts and pauses together. */
  readonly deadline: number;
}

/** Node's codes for a failed TLS handshake. The request is only sent after the handshake. */
const HANDSHAKE = /^ERR_TLS_|CERT|^UNABLE_TO_VERIFY_/;
/** Node's codes for a connection that was not made or broke. The codes of axios begin with `ERR_`. */
const CONNECTION = /^(E(?!RR_)[A-Z_]+|TIMEOUT)$/;
/** System calls that precede a connection. The same error codes come from later ones as well. */
const CONNECTING: readonly unknown[] = ['connect', 'getaddrinfo'];
const TOO_MANY_REQUESTS = 429;
const RATE_LIMIT_CODES: ReadonlySet<string> = new Set(['FREQUENCY_LIMITED', 'RATELIMIT_EXCEEDED']);

/** Whether the error suggests that the host is unreachable. */
export function isConnectionFailure(error: WechatPayError): boolean {
  return (
    error instanceof WechatPayNetworkError &&
    (CONNECTION.test(error.code) || HANDSHAKE.test(error.code))
  );
}

export function isRateLimit(error: WechatPayError): boolean {
  return (
    error instanceof WechatPayApiError &&
    (error.status === TOO_MANY_REQUESTS || RATE_LIMIT_CODES.has(error.code))
  );
}

function wasNeverSent({ code, cause }: WechatPayNetworkError): boolean {
  return HANDSHAKE.test(code) || isConnecting(cause);
}

/** Node throws an AggregateError when it has tried every address of a host. */
function isConnecting(cause: unknown): boolean {
  if (!isJsonObject(cause)) return false;
  const { syscall, errors } = cause;
  return Array.isArray(errors) && errors.length > 0
    ? errors.every(isConnecting)
    : CONNECTING.includes(syscall);
}

/**
 * Whether a request may be sent again after this failure. An idempotent one may after any failure
 * that can pass. Any other may only when it cannot have taken effect: a second create or delete
 * would fail because the first succeeded, and a second reply would reach the consumer twice.
 */
export function mayRetry(
  request: Pick<WechatPayRequest, 'method' | 'isIdempotent'>,
  error: WechatPayError,
): boolean {
  if (error instanceof WechatPayNetworkError) {
    if (error.code === 'ABORTED') return false;
    return isIdempotent(request) || wasNeverSent(error);
  }
  if (isRateLimit(error)) return true;
  if (error instanceof WechatPayApiError) return error.status >= 500 && isIdempotent(request);
  // The response after a probe is genuine; after any other bad signature, the next is bad as well.
  return (
    error instanceof WechatPaySignatureError &&
    error.code === 'SIGNATURE_PROBE' &&
    isIdempotent(request)
  );
}

/**
 * Milliseconds to wait after the nth failed attempt. Exponential with full jitter, so that many
 * instances do not retry at the same moment, and never less than `Retry-After`.
 */
export function retryDelay(
  attempt: number,
  error: WechatPayError,
  settings: RetrySettings,
): number {
  const ceiling = Math.min(settings.maxDelay, settings.baseDelay * 2 ** (attempt - 1));
  const retryAfter = error instanceof WechatPayApiError ? (error.retryAfter ?? 0) : 0;
  return Math.max(retryAfter, Math.random() * ceiling);
}

/** Milliseconds in a `Retry-After` header, which holds seconds or a date. */
export function parseRetryAfter(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  const milliseconds = /^\d{1,9}$/.test(value) ? Number(value) * 1000 : Date.parse(value) - now;
  return milliseconds >= 0 ? milliseconds : undefined;
}
