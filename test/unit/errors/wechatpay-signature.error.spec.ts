import { describe, expect, it } from '@jest/globals';
import { WechatPaySignatureError } from '../../../lib/errors/wechatpay-signature.error.js';

const REJECTION = { code: 'SIGNATURE_PROBE', message: 'The signature is a probe.' } as const;

describe('WechatPaySignatureError', () => {
  it('says which response was rejected, why, and what to do', () => {
    const options = { status: 200, requestId: '08F2D0' };

    expect(new WechatPaySignatureError('PUT /v3/x', REJECTION, options)).toMatchObject({
      code: 'SIGNATURE_PROBE',
      status: 200,
      requestId: '08F2D0',
      message:
        'The response to PUT /v3/x was rejected (SIGNATURE_PROBE): The signature is a probe. The ' +
        'request may have taken effect; read the resource to find out. (Request-ID 08F2D0)',
    });
  });

  it('does not mention a Request-ID when the response has none', () => {
    const { message } = new WechatPaySignatureError('PUT /v3/x', REJECTION, { status: 200 });

    expect(message).not.toContain('Request-ID');
  });
});
