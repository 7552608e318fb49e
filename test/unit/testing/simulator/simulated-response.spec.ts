import { describe, expect, it } from '@jest/globals';
import {
  errorResponse,
  imageResponse,
  invalidRequest,
  noAuth,
  noContent,
  notFound,
  paramError,
  RequestRejection,
  success,
} from '../../../../lib/testing/simulator/simulated-response.js';

const event = { complaint_id: 'C-1', action_type: 'MERCHANT_RESPONSE' };

describe('A simulated response', () => {
  it.each([
    [
      'a success',
      success({ a: 1 }, event),
      { status: 200, body: '{"a":1}', isSigned: true, event },
    ],
    [
      'a success without content',
      noContent(event),
      { status: 204, body: '', isSigned: true, event },
    ],
    [
      'an image',
      imageResponse({ bytes: Buffer.from('PNG'), contentType: 'image/png' }),
      { status: 200, body: Buffer.from('PNG'), contentType: 'image/png', isSigned: false },
    ],
    [
      'an error',
      errorResponse(notFound()),
      {
        status: 404,
        body: '{"code":"RESOURCE_NOT_EXISTS","message":"请求的资源不存在"}',
        isSigned: true,
      },
    ],
    [
      'an error of authentication',
      errorResponse({ status: 401, code: 'SIGN_ERROR', message: '验签失败' }),
      { status: 401, body: '{"code":"SIGN_ERROR","message":"验签失败"}', isSigned: false },
    ],
  ])('is signed as the service signs %s', (_case, response, expected) => {
    expect(response).toEqual(expected);
  });

  it.each([
    [invalidRequest('请求无效'), 400, 'INVALID_REQUEST'],
    [noAuth('无权限'), 403, 'NO_AUTH'],
    [notFound('不存在'), 404, 'RESOURCE_NOT_EXISTS'],
    [paramError('limit', '0', '取值超出范围', 'query'), 400, 'PARAM_ERROR'],
  ])('has the status that belongs to its code: %j', (error, status, code) => {
    expect(error).toMatchObject({ status, code });
    expect(new RequestRejection(error)).toMatchObject({
      error,
      message: `${code}: ${error.message}`,
    });
  });

  it('names the field of a PARAM_ERROR', () => {
    expect(paramError('limit', '0', '取值超出范围', 'query').detail).toEqual({
      field: 'limit',
      value: '0',
      issue: '取值超出范围',
      location: 'query',
    });
    expect(paramError('url', null, '不能为空').detail).toMatchObject({ location: 'body' });
  });
});
