import { describe, expect, it } from '@jest/globals';
import { mayRepeat, parseRetryAfter, pauseAfter } from '../../lib/client/retry-policy.js';
import { WechatPayApiError } from '../../lib/client/wechatpay-api.error.js';
import { WechatPayArgumentError } from '../../lib/client/wechatpay-argument.error.js';
import { WechatPayNetworkError } from '../../lib/client/wechatpay-network.error.js';

const network = (code: string) => new WechatPayNetworkError('POST /', code, 'it failed');
const api = (status: number, code: string, retryAfter?: number) =>
  new WechatPayApiError('GET /', code, 'no', undefined, { status, retryAfter });

describe('mayRepeat', () => {
  it.each([
    'ECONNREFUSED',
    'ENOTFOUND',
    'EAI_AGAIN',
    'EHOSTUNREACH',
    'ENETUNREACH',
    'CERT_HAS_EXPIRED',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE_CERT',
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'ERR_TLS_CERT_ALTNAME_INVALID',
  ])('repeats even a POST after %s: it was never sent', (code) => {
    expect(mayRepeat('POST', network(code))).toBe(true);
  });

  it.each(['ECONNRESET', 'TIMEOUT', 'EPIPE', 'NETWORK_ERROR'])(
    'repeats a GET after %s, but no POST: it may have taken effect',
    (code) => {
      expect(mayRepeat('GET', network(code))).toBe(true);
      expect(mayRepeat('POST', network(code))).toBe(false);
    },
  );

  it('repeats nothing that was aborted or could not be sent', () => {
    expect(mayRepeat('GET', network('ABORTED'))).toBe(false);
    expect(mayRepeat('GET', new WechatPayArgumentError('url', ['is odd']))).toBe(false);
  });

  it('repeats any call after a rate limit, told by code or by status', () => {
    expect(mayRepeat('POST', api(429, 'HTTP_429'))).toBe(true);
    expect(mayRepeat('POST', api(403, 'RATELIMIT_EXCEEDED'))).toBe(true);
    expect(mayRepeat('DELETE', api(400, 'FREQUENCY_LIMITED'))).toBe(true);
    expect(mayRepeat('GET', api(400, 'PARAM_ERROR'))).toBe(false);
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
      pauseAfter(attempt, network('ECONNRESET'), settings),
    );
    expect(Math.max(...pauses)).toBeLessThanOrEqual(ceiling);
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(0);
    // Full jitter: the lower and the upper quarter are both used.
    expect(Math.min(...pauses)).toBeLessThan(ceiling / 4);
    expect(Math.max(...pauses)).toBeGreaterThan((ceiling * 3) / 4);
  });

  it('is never shorter than what WeChat Pay asks for', () => {
    expect(pauseAfter(1, api(429, 'FREQUENCY_LIMITED', 7000), settings)).toBe(7000);
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
