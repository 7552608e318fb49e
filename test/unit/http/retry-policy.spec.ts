import { describe, expect, it } from '@jest/globals';
import { WechatPayApiError } from '../../../lib/errors/wechatpay-api.error.js';
import { WechatPayArgumentError } from '../../../lib/errors/wechatpay-argument.error.js';
import { WechatPayNetworkError } from '../../../lib/errors/wechatpay-network.error.js';
import { WechatPaySignatureError } from '../../../lib/errors/wechatpay-signature.error.js';
import {
  isConnectionFailure,
  isRateLimit,
  mayRetry,
  parseRetryAfter,
  retryDelay,
} from '../../../lib/http/retry-policy.js';
import { SignatureRejection } from '../../../lib/protocol/signature-rejection.js';

const GET = { method: 'GET' } as const;
const POST = { method: 'POST' } as const;
const DELETE = { method: 'DELETE' } as const;
const IDEMPOTENT_POST = { method: 'POST', isIdempotent: true } as const;

const network = (code: string, cause?: object) =>
  new WechatPayNetworkError('POST /', code, 'it failed', cause);
/** An error as Node creates it. */
const systemError = (syscall: string, code: string) =>
  Object.assign(new Error(code), { code, syscall });
const api = (status: number, code: string, retryAfter?: number) =>
  new WechatPayApiError('GET /', code, 'no', undefined, { status, retryAfter });
const probe = new WechatPaySignatureError(
  'POST /',
  new SignatureRejection('SIGNATURE_PROBE', 'a probe'),
  {},
);

describe('mayRetry', () => {
  it.each([
    ['connect', 'ECONNREFUSED'],
    ['connect', 'EHOSTUNREACH'],
    ['connect', 'ENETUNREACH'],
    ['connect', 'ETIMEDOUT'],
    ['getaddrinfo', 'ENOTFOUND'],
    ['getaddrinfo', 'EAI_AGAIN'],
  ])('allows even a POST after %s failed with %s, because it was never sent', (syscall, code) => {
    expect(mayRetry(POST, network(code, systemError(syscall, code)))).toBe(true);
  });

  it('allows a POST only when connecting failed for every address of the host', () => {
    const refused = systemError('connect', 'ECONNREFUSED');
    const broken = systemError('write', 'EPIPE');
    const all = network('ECONNREFUSED', new AggregateError([refused, refused]));
    expect(mayRetry(POST, all)).toBe(true);
    const mixed = network('ECONNREFUSED', new AggregateError([refused, broken]));
    expect(mayRetry(POST, mixed)).toBe(false);
  });

  it('treats an idempotent POST like a GET', () => {
    for (const error of [
      network('ECONNRESET'),
      network('TIMEOUT'),
      api(500, 'SYSTEM_ERROR'),
      probe,
    ]) {
      expect(mayRetry(POST, error)).toBe(false);
      expect(mayRetry(IDEMPOTENT_POST, error)).toBe(true);
    }
    expect(mayRetry(IDEMPOTENT_POST, network('ABORTED'))).toBe(false);
    expect(mayRetry(IDEMPOTENT_POST, api(400, 'PARAM_ERROR'))).toBe(false);
  });

  it('forbids a POST whose connection broke, with any code', () => {
    for (const code of ['EHOSTUNREACH', 'ENETUNREACH', 'ECONNRESET']) {
      expect(mayRetry(POST, network(code, systemError('write', code)))).toBe(false);
    }
  });

  it.each([
    'CERT_HAS_EXPIRED',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'ERR_TLS_CERT_ALTNAME_INVALID',
  ])('allows even a POST after %s, because it was never sent', (code) => {
    expect(mayRetry(POST, network(code))).toBe(true);
  });

  it.each(['ECONNRESET', 'TIMEOUT', 'EPIPE', 'NETWORK_ERROR'])(
    'allows a GET after %s, and forbids a POST, which may have taken effect',
    (code) => {
      expect(mayRetry(GET, network(code))).toBe(true);
      expect(mayRetry(POST, network(code))).toBe(false);
    },
  );

  it('forbids what was aborted or could not be sent', () => {
    expect(mayRetry(GET, network('ABORTED'))).toBe(false);
    expect(mayRetry(GET, new WechatPayArgumentError('url', ['is odd']))).toBe(false);
  });

  it('allows every request after a rate limit, recognised by code or status', () => {
    expect(mayRetry(POST, api(429, 'HTTP_429'))).toBe(true);
    expect(mayRetry(POST, api(403, 'RATELIMIT_EXCEEDED'))).toBe(true);
    expect(mayRetry(DELETE, api(400, 'FREQUENCY_LIMITED'))).toBe(true);
    expect(mayRetry(GET, api(400, 'PARAM_ERROR'))).toBe(false);
  });
});

describe('isRateLimit', () => {
  it.each([
    [api(429, 'HTTP_429'), true],
    [api(400, 'FREQUENCY_LIMITED'), true],
    [api(403, 'RATELIMIT_EXCEEDED'), true],
    [api(503, 'SERVICE_UNAVAILABLE'), false],
    [network('FREQUENCY_LIMITED'), false],
  ])('of "%s" is %p', (error, expected) => {
    expect(isRateLimit(error)).toBe(expected);
  });
});

describe('isConnectionFailure', () => {
  it.each(['ECONNREFUSED', 'ECONNRESET', 'EAI_AGAIN', 'TIMEOUT', 'CERT_HAS_EXPIRED', 'ERR_TLS_X'])(
    'is true for %s',
    (code) => {
      expect(isConnectionFailure(network(code))).toBe(true);
    },
  );

  it.each(['ABORTED', 'NETWORK_ERROR', 'ERR_BAD_RESPONSE'])(
    'is false for %s, which says nothing about the host',
    (code) => {
      expect(isConnectionFailure(network(code))).toBe(false);
    },
  );

  it('is false for an error response', () => {
    expect(isConnectionFailure(api(503, 'SERVICE_UNAVAILABLE'))).toBe(false);
  });
});

describe('retryDelay', () => {
  const settings = { attempts: 9, baseDelay: 100, maxDelay: 1000, deadline: 1 };

  it.each([
    [1, 100],
    [2, 200],
    [3, 400],
    [4, 800],
    [5, 1000],
    [50, 1000],
  ])('after attempt %i is anywhere between 0 and %i ms', (attempt, ceiling) => {
    const pauses = Array.from({ length: 500 }, () =>
      retryDelay(attempt, network('ECONNRESET'), settings),
    );
    expect(Math.max(...pauses)).toBeLessThanOrEqual(ceiling);
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(0);
    // Full jitter: the lowest and the highest quarter both occur.
    expect(Math.min(...pauses)).toBeLessThan(ceiling / 4);
    expect(Math.max(...pauses)).toBeGreaterThan((ceiling * 3) / 4);
  });

  it('is never shorter than Retry-After', () => {
    expect(retryDelay(1, api(429, 'FREQUENCY_LIMITED', 7000), settings)).toBe(7000);
  });
});

describe('parseRetryAfter', () => {
  const now = Date.parse('Mon, 23 Nov 2026 12:00:00 GMT');

  it.each([
    ['7', 7000],
    ['0', 0],
    ['Mon, 23 Nov 2026 12:00:30 GMT', 30_000],
    ['Mon, 23 Nov 2026 11:00:00 GMT', undefined],
    ['soon', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('reads %p as %p', (value, milliseconds) => {
    expect(parseRetryAfter(value, now)).toBe(milliseconds);
  });
});
