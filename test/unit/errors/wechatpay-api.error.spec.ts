import { describe, expect, it } from '@jest/globals';
import { malformedResponse, WechatPayApiError } from '../../../lib/errors/wechatpay-api.error.js';

const REQUEST = 'GET /v3/certificates';

describe('WechatPayApiError', () => {
  it('names the request, the status, the code, the hint and the Request-ID in its message', () => {
    const error = new WechatPayApiError(REQUEST, 'SYSTEM_ERROR', '系统错误', undefined, {
      status: 500,
      requestId: '08F2D0',
      hint: 'Read it later.',
    });

    expect(error.message).toBe(
      'GET /v3/certificates failed with 500 SYSTEM_ERROR: 系统错误 [Read it later.] (Request-ID 08F2D0)',
    );
  });

  it('has a hint of its own for a code that means the same for every request', () => {
    const error = new WechatPayApiError(REQUEST, 'SIGN_ERROR', '签名错误', undefined, {
      status: 401,
    });

    expect(error.message).toMatch(
      /^GET \/v3\/certificates failed with 401 SIGN_ERROR: 签名错误 \[/,
    );
  });

  it('has neither hint nor Request-ID when there is none', () => {
    const error = new WechatPayApiError(REQUEST, 'NEW_CODE', '原因', undefined, { status: 400 });

    expect(error.message).toBe('GET /v3/certificates failed with 400 NEW_CODE: 原因');
    expect(error).not.toHaveProperty('requestId');
    expect(error).not.toHaveProperty('retryAfter');
  });

  it('puts an unsigned message into one line of bounded length, and keeps it as sent beside', () => {
    const sent = `first\r\nERROR forged\u001b[2J\u2028${'x'.repeat(2000)}`;
    const error = new WechatPayApiError(REQUEST, 'PARAM_ERROR', sent, undefined, { status: 400 });

    expect(error.message).toContain('PARAM_ERROR: first ERROR forged [2J xxx');
    expect(error.message).toMatch(/^[\x20-\x7e]{1,600}$/);
    expect(error.apiMessage).toBe(sent);
  });

  it('carries retryAfter', () => {
    const error = new WechatPayApiError(REQUEST, 'FREQUENCY_LIMITED', '频率超限', undefined, {
      status: 429,
      retryAfter: 7000,
    });

    expect(error.retryAfter).toBe(7000);
  });
});

describe('malformedResponse', () => {
  it('creates a WechatPayApiError with the status and Request-ID of the response', () => {
    const error = malformedResponse(REQUEST, 'it is empty', { status: 200, requestId: '08F2D0' });

    expect(error).toBeInstanceOf(WechatPayApiError);
    expect(error).toMatchObject({
      code: 'MALFORMED_RESPONSE',
      status: 200,
      requestId: '08F2D0',
      apiMessage: 'it is empty',
    });
  });
});
