import { describe, expect, it } from '@jest/globals';
import { OPTION_VARIABLES, variableOf } from '../../../lib/config/option-variables.js';

describe('variableOf', () => {
  it.each([
    ['timeout', 'WECHATPAY_TIMEOUT'],
    ['baseUrls[1]', 'WECHATPAY_BASE_URLS[1]'],
    ['platformCertificates.download', 'WECHATPAY_DOWNLOAD_CERTIFICATES'],
    ['baseUrls[1] of merchants[0]', undefined],
    ['serial of merchant 1900000109', undefined],
    ['privateKey', undefined],
  ])('says for %s: %s', (option, variable) => {
    expect(variableOf(option, OPTION_VARIABLES)).toBe(variable);
  });
});
