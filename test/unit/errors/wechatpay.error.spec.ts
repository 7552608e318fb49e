import { describe, expect, it } from '@jest/globals';
import { inspect } from 'node:util';
import { WechatPayError, type WechatPayErrorOptions } from '../../../lib/errors/wechatpay.error.js';

class QuotaError extends WechatPayError {
  constructor(
    readonly limit: number,
    options?: WechatPayErrorOptions,
  ) {
    super('QUOTA_EXCEEDED', 'Too many calls.', options);
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
      message: 'Too many calls.',
    });
    expect(String(error)).toBe('QuotaError: Too many calls.');
  });

  it('carries the status, the request id and the cause of an answer', () => {
    const cause = new Error('socket hang up');
    const error = new QuotaError(60, { status: 429, requestId: '08F2D0', cause });

    expect(error).toMatchObject({ status: 429, requestId: '08F2D0' });
    expect(error.cause).toBe(cause);
  });

  it('has none of them without an answer', () => {
    const error = new QuotaError(60);

    expect(error).not.toHaveProperty('status');
    expect(error).not.toHaveProperty('requestId');
    expect(error).not.toHaveProperty('cause');
  });

  it('keeps a cause that is falsy', () => {
    expect(new QuotaError(60, { cause: null })).toHaveProperty('cause', null);
  });

  it('is written as JSON with its message and the fields of its class', () => {
    const error = new QuotaError(60, { status: 429, requestId: '08F2D0' });

    expect(JSON.parse(JSON.stringify(error))).toEqual({
      name: 'QuotaError',
      message: 'Too many calls.',
      code: 'QUOTA_EXCEEDED',
      status: 429,
      requestId: '08F2D0',
      limit: 60,
    });
  });

  it('leaves out of its JSON what is not there', () => {
    expect(JSON.parse(JSON.stringify(new QuotaError(60)))).toEqual({
      name: 'QuotaError',
      message: 'Too many calls.',
      code: 'QUOTA_EXCEEDED',
      limit: 60,
    });
  });

  it('keeps its cause, which may hold a request with its headers, out of its JSON', () => {
    const cause = Object.assign(new Error('timeout'), { headers: { authorization: 'signature' } });
    const error = new QuotaError(60, { cause });

    expect(JSON.stringify(error)).not.toContain('signature');
    // Whoever debugs still sees it.
    expect(inspect(error)).toContain('timeout');
  });
});
