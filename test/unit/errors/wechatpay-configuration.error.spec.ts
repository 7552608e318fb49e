import { describe, expect, it } from '@jest/globals';
import { inspect } from 'node:util';
import { WechatPayConfigurationError } from '../../../lib/errors/wechatpay-configuration.error.js';
import { WechatPayError } from '../../../lib/errors/wechatpay.error.js';

const TIMEOUT = { option: 'timeout', problem: 'is 0', fix: 'Give a number above 0.' };
const MCHID = { option: 'mchid', problem: 'is missing', fix: 'Give the 商户号.' };

describe('WechatPayConfigurationError', () => {
  it('lists all problems, one on each line', () => {
    expect(new WechatPayConfigurationError([MCHID, TIMEOUT]).message).toBe(
      'WechatPayComplaintModule cannot start because of 2 problems:\n' +
        '  - mchid is missing. Give the 商户号.\n' +
        '  - timeout is 0. Give a number above 0.',
    );
  });

  it('speaks of one option if there is one problem', () => {
    expect(new WechatPayConfigurationError([TIMEOUT]).message).toMatch(
      /^WechatPayComplaintModule cannot start because of one problem:\n/,
    );
  });

  it('is a WechatPayError with a code and the problems', () => {
    const error = new WechatPayConfigurationError([MCHID, TIMEOUT]);

    expect(error).toBeInstanceOf(WechatPayError);
    expect(error).toMatchObject({
      name: 'WechatPayConfigurationError',
      code: 'INVALID_CONFIGURATION',
      problems: [MCHID, TIMEOUT],
    });
  });

  it.each([
    ['inspect, which Nest uses', inspect],
    ['JSON.stringify', (error: Error) => JSON.stringify(error)],
  ])('shows each problem once with %s', (_how, show) => {
    const shown = show(new WechatPayConfigurationError([MCHID, TIMEOUT]));

    expect(shown.split('Give the 商户号.')).toHaveLength(2);
    expect(shown.split('Give a number above 0.')).toHaveLength(2);
  });
});
