import { describe, expect, it } from '@jest/globals';
import { inspect } from 'node:util';
import { WechatPayError, type WechatPayErrorOptions } from '../../../lib/errors/wechatpay.error.js';

class QuotaError extends WechatPayError {
  constructor(
    readonly limit: number,
    options?: WechatPayErrorOptions,
  ) {
    super('QUOTA_EXCEEDED', 'Too many requests.', options);
  }
}

describe('WechatPayError', () => {
  it('is an Error with the name of its class, a code and a message', () => {
    const error = new QuotaError(60);

    expect(error).toBeInstanceOf(WechatPayError);
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({
      name: 'QuotaError',
      code: 'QUOTA_EXCEEDED',
      message: 'Too many requests.',
    });
    expect(String(error)).toBe('QuotaError: Too many requests.');
  });

  it('carries the status and Request-ID of a response, and a cause', () => {
    const cause = new Error('socket hang up');
    const error = new QuotaError(60, { status: 429, requestId: '08F2D0', cause });

    expect(error).toMatchObject({ status: 429, requestId: '08F2D0' });
    expect(error.cause).toBe(cause);
  });

  it('has none of these properties when they are not given', () => {
    const error = new QuotaError(60);

    expect(error).not.toHaveProperty('status');
    expect(error).not.toHaveProperty('requestId');
    expect(error).not.toHaveProperty('cause');
  });

  it('keeps a falsy cause', () => {
    expect(new QuotaError(60, { cause: null })).toHaveProperty('cause', null);
  });

  it('is serialised as JSON with its message and the fields of its class', () => {
    const error = new QuotaError(60, { status: 429, requestId: '08F2D0' });

    expect(JSON.parse(JSON.stringify(error))).toEqual({
      name: 'QuotaError',
      message: 'Too many requests.',
      code: 'QUOTA_EXCEEDED',
      status: 429,
      requestId: '08F2D0',
      limit: 60,
    });
  });

  it('omits from its JSON the properties that it does not have', () => {
    expect(JSON.parse(JSON.stringify(new QuotaError(60)))).toEqual({
      name: 'QuotaError',
      message: 'Too many requests.',
      code: 'QUOTA_EXCEEDED',
      limit: 60,
    });
  });

  it('omits its cause, which may hold a request with its headers, from its JSON', () => {
    const cause = Object.assign(new Error('timeout'), { headers: { authorization: 'signature' } });
    const error = new QuotaError(60, { cause });

    expect(JSON.stringify(error)).not.toContain('signature');
    // It is still there for a debugger.
    expect(inspect(error)).toContain('timeout');
  });
});
