import { describe, expect, it } from '@jest/globals';
import { WechatPayConfigurationError } from '../../../lib/errors/wechatpay-configuration.error.js';

const MCHID = { option: 'mchid', problem: 'is missing', fix: 'Set it.' };
const SERIAL = {
  option: 'serial',
  problem: 'is not hexadecimal',
  fix: 'Copy it from the console.',
};

describe('WechatPayConfigurationError', () => {
  it('lists one problem with its fix', () => {
    expect(new WechatPayConfigurationError([MCHID])).toMatchObject({
      code: 'INVALID_CONFIGURATION',
      problems: [MCHID],
      message:
        'WechatPayComplaintModule cannot start because of one problem:\n  - mchid is missing. Set it.',
    });
  });

  it('lists several problems, each in a line of its own', () => {
    expect(new WechatPayConfigurationError([MCHID, SERIAL]).message.split('\n')).toEqual([
      'WechatPayComplaintModule cannot start because of 2 problems:',
      '  - mchid is missing. Set it.',
      '  - serial is not hexadecimal. Copy it from the console.',
    ]);
  });
});
