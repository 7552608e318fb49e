import { AxiosError, AxiosHeaders, CanceledError, type InternalAxiosRequestConfig } from 'axios';
import { lastValueFrom, NEVER, timeout } from 'rxjs';
import { describe, expect, it } from '@jest/globals';
import { WechatPayArgumentError } from '../../../lib/errors/wechatpay-argument.error.js';
import { WechatPayNetworkError } from '../../../lib/errors/wechatpay-network.error.js';
import { toWechatPayError } from '../../../lib/http/network-failure.js';
import { writtenDown } from '../../support/written-down.js';

const REQUEST = { method: 'GET', target: '/v3/certificates' } as const;
const LIMIT = 250;

const map = (error: unknown) => toWechatPayError(REQUEST, error, LIMIT);

/** An error of axios, which holds the request that was sent. */
function axiosError(message: string, code?: string, cause?: Error): AxiosError {
  const config: InternalAxiosRequestConfig = {
    headers: new AxiosHeaders({ Authorization: 'SECRET' }),
  };
  const error = new AxiosError(message, code, config, { _header: 'Authorization: SECRET' });
  if (cause) error.cause = cause;
  return error;
}

describe('toWechatPayError', () => {
  it('returns a WechatPayError as it is', () => {
    const error = new WechatPayArgumentError('url', ['is odd']);

    expect(map(error)).toBe(error);
  });

  it('maps the TimeoutError of an attempt to TIMEOUT, with its limit', async () => {
    const error: unknown = await lastValueFrom(NEVER.pipe(timeout(1))).catch((e: unknown) => e);

    expect(map(error)).toMatchObject({
      name: 'WechatPayNetworkError',
      code: 'TIMEOUT',
      message:
        'GET /v3/certificates failed without a complete response (TIMEOUT): ' +
        'no complete response within 250 ms.',
    });
  });

  it('takes the code and the cause from below an error of axios', () => {
    const cause = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), {
      code: 'ECONNREFUSED',
      syscall: 'connect',
    });

    const error = map(axiosError('', 'ECONNREFUSED', cause));

    expect(error).toBeInstanceOf(WechatPayNetworkError);
    expect(error).toMatchObject({ code: 'ECONNREFUSED', cause });
    expect(error.message).toContain('(ECONNREFUSED): connect ECONNREFUSED 127.0.0.1:1');
  });

  it.each([
    ['without a cause', axiosError('maxContentLength exceeded', 'ERR_BAD_RESPONSE')],
    ['whose cause is one as well', axiosError('outer', 'ERR_X', axiosError('inner', 'ERR_Y'))],
    ['without a code', axiosError('something else')],
  ])('drops the request of an error of axios %s', (_case, sent) => {
    const error = map(sent);

    expect(error).toMatchObject({ code: sent.code ?? 'NETWORK_ERROR', cause: expect.any(Error) });
    expect(writtenDown(sent)).toContain('SECRET');
    expect(writtenDown(error)).not.toContain('SECRET');
  });

  it('maps a cancelled request to ABORTED', () => {
    expect(map(new CanceledError())).toMatchObject({ code: 'ABORTED' });
  });

  it.each([
    ['an Error with a code', Object.assign(new Error('broken'), { code: 'EPIPE' }), 'EPIPE'],
    ['an Error without a code', new Error('broken'), 'NETWORK_ERROR'],
    [
      'an Error whose code is not text',
      Object.assign(new Error('broken'), { code: 1 }),
      'NETWORK_ERROR',
    ],
    ['text', 'broken', 'NETWORK_ERROR'],
  ])('maps %s to its code, or to NETWORK_ERROR', (_case, thrown, code) => {
    expect(map(thrown)).toMatchObject({
      code,
      message: expect.stringContaining('broken'),
      cause: expect.objectContaining({ message: 'broken' }),
    });
  });
});
