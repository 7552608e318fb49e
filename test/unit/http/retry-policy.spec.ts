import { describe, expect, it } from '@jest/globals';
import {
  isConnectionFailure,
  mayRetry,
  parseRetryAfter,
  retryDelay,
} from '../../../lib/http/retry-policy.js';
import { WechatPayApiError } from '../../../lib/errors/wechatpay-api.error.js';
import { WechatPayArgumentError } from '../../../lib/errors/wechatpay-argument.error.js';
import { WechatPayNetworkError } from '../../../lib/errors/wechatpay-network.error.js';
import { WechatPaySignatureError } from '../../../lib/errors/wechatpay-signature.error.js';
import { SignatureRejection } from '../../../lib/protocol/signature-rejection.js';

const network = (code: string, cause?: object) =>
  new WechatPayNetworkError('POST /', code, 'it failed', cause);
/** As Node makes it. */
const failed = (syscall: string, code: string) => Object.assign(new Error(code), { code, syscall });
const api = (status: number, code: string, retryAfter?: number) =>
  new WechatPayApiError('GET /', code, 'no', undefined, { status, retryAfter });

describe('mayRepeat', () => {
  it.each([
    ['connect', 'ECONNREFUSED'],
    ['connect', 'EHOSTUNREACH'],
    ['connect', 'ENETUNREACH'],
    ['connect', 'ETIMEDOUT'],
    ['getaddrinfo', 'ENOTFOUND'],
    ['getaddrinfo', 'EAI_AGAIN'],
  ])('repeats even a POST when %s failed with %s: it was never sent', (syscall, code) => {
    expect(mayRetry('POST', network(code, failed(syscall, code)))).toBe(true);
  });

  it('repeats a POST when no address of the host could be connected to', () => {
    const refused = failed('connect', 'ECONNREFUSED');
    const broken = failed('write', 'EPIPE');
    const all = network('ECONNREFUSED', new AggregateError([refused, refused]));
    expect(mayRetry('POST', all)).toBe(true);
    const mixed = network('ECONNREFUSED', new AggregateError([refused, broken]));
    expect(mayRetry('POST', mixed)).toBe(false);
  });

  it('repeats a POST that WeChat Pay recognises as a repetition, as if it were a GET', () => {
    const failures = [
      network('ECONNRESET'),
      network('TIMEOUT'),
      api(500, 'SYSTEM_ERROR'),
      new WechatPaySignatureError(
        'POST /',
        new SignatureRejection('SIGNATURE_PROBE', 'a probe'),
        {},
      ),
    ];
    for (const failure of failures) {
      expect(mayRetry('POST', failure)).toBe(false);
      expect(mayRetry('POST', failure, true)).toBe(true);
    }
    expect(mayRetry('POST', network('ABORTED'), true)).toBe(false);
    expect(mayRetry('POST', api(400, 'PARAM_ERROR'), true)).toBe(false);
  });

  it('repeats no POST whose connection broke, whatever the code', () => {
    for (const code of ['EHOSTUNREACH', 'ENETUNREACH', 'ECONNRESET']) {
      expect(mayRetry('POST', network(code, failed('write', code)))).toBe(false);
    }
  });

  it.each([
    'CERT_HAS_EXPIRED',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'ERR_TLS_CERT_ALTNAME_INVALID',
  ])('repeats even a POST after %s: it was never sent', (code) => {
    expect(mayRetry('POST', network(code))).toBe(true);
  });

  it.each(['ECONNRESET', 'TIMEOUT', 'EPIPE', 'NETWORK_ERROR'])(
    'repeats a GET after %s, but no POST: it may have taken effect',
    (code) => {
      expect(mayRetry('GET', network(code))).toBe(true);
      expect(mayRetry('POST', network(code))).toBe(false);
    },
  );

  it('repeats nothing that was aborted or could not be sent', () => {
    expect(mayRetry('GET', network('ABORTED'))).toBe(false);
    expect(mayRetry('GET', new WechatPayArgumentError('url', ['is odd']))).toBe(false);
  });

  it('repeats any call after a rate limit, told by code or by status', () => {
    expect(mayRetry('POST', api(429, 'HTTP_429'))).toBe(true);
    expect(mayRetry('POST', api(403, 'RATELIMIT_EXCEEDED'))).toBe(true);
    expect(mayRetry('DELETE', api(400, 'FREQUENCY_LIMITED'))).toBe(true);
    expect(mayRetry('GET', api(400, 'PARAM_ERROR'))).toBe(false);
  });
});

describe('isConnectionFailure', () => {
  it.each(['ECONNREFUSED', 'ECONNRESET', 'EAI_AGAIN', 'TIMEOUT', 'CERT_HAS_EXPIRED', 'ERR_TLS_X'])(
    'is true of %s',
    (code) => {
      expect(isConnectionFailure(network(code))).toBe(true);
    },
  );

  it.each(['ABORTED', 'NETWORK_ERROR', 'ERR_BAD_RESPONSE'])(
    'is false of %s: the host may be well',
    (code) => {
      expect(isConnectionFailure(network(code))).toBe(false);
    },
  );

  it('is false of answers', () => {
    expect(isConnectionFailure(api(503, 'SERVICE_UNAVAILABLE'))).toBe(false);
  });
});

describe('pauseAfter', () => {
  const settings = { attempts: 9, baseDelay: 100, maxDelay: 1000, deadline: 1 };

  it.each([
    [1, 100],
    [2, 200],
    [3, 400],
    [4, 800],
    [5, 1000],
    [50, 1000],
  ])('after attempt %i lies anywhere up to %i ms', (attempt, ceiling) => {
    const pauses = Array.from({ length: 500 }, () =>
      retryDelay(attempt, network('ECONNRESET'), settings),
    );
    expect(Math.max(...pauses)).toBeLessThanOrEqual(ceiling);
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(0);
    // Full jitter: the lower and the upper quarter are both used.
    expect(Math.min(...pauses)).toBeLessThan(ceiling / 4);
    expect(Math.max(...pauses)).toBeGreaterThan((ceiling * 3) / 4);
  });

  it('is never shorter than what WeChat Pay asks for', () => {
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
