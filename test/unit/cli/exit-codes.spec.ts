import { describe, expect, it } from '@jest/globals';
import { CommandError, EXIT, exitCodeOf, usageError } from '../../../lib/cli/exit-codes.js';
import { WechatPayApiError } from '../../../lib/errors/wechatpay-api.error.js';
import { WechatPayArgumentError } from '../../../lib/errors/wechatpay-argument.error.js';
import { WechatPayConfigurationError } from '../../../lib/errors/wechatpay-configuration.error.js';
import { WechatPayNetworkError } from '../../../lib/errors/wechatpay-network.error.js';
import { WechatPaySignatureError } from '../../../lib/errors/wechatpay-signature.error.js';

const REJECTION = { code: 'SIGNATURE_PROBE', message: '' } as const;

describe('exitCodeOf', () => {
  it.each([
    [usageError('wrong'), 2],
    [new CommandError(EXIT.fault, 'no'), 1],
    [new WechatPayArgumentError('url', ['is wrong']), 2],
    [new WechatPayConfigurationError([]), 3],
    [new WechatPayApiError('GET /', 'NO_AUTH', '', undefined, { status: 403 }), 4],
    [new WechatPayNetworkError('GET /', 'TIMEOUT', ''), 5],
    [new WechatPaySignatureError('GET /', REJECTION, {}), 5],
    [new TypeError('undefined is not a function'), 70],
    ['thrown', 70],
  ])('of %s is %i', (error, code) => {
    expect(exitCodeOf(error)).toBe(code);
  });
});
