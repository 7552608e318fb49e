import { describe, expect, it } from '@jest/globals';
import { Environment } from '../../../lib/config/environment.js';
import { readSharedOptions } from '../../../lib/config/shared-variables.js';
import { collect, problem } from '../../support/option-problems.js';

const read = (variables: Readonly<Record<string, string>>) =>
  collect((report) => readSharedOptions(new Environment(variables, report)));

describe('readSharedOptions', () => {
  it('reads base URLs, callback URL and times', () => {
    expect(
      read({
        WECHATPAY_BASE_URLS: 'https://a.example , https://b.example',
        WECHATPAY_CALLBACK_URL: 'https://shop.example.com/complaints',
        WECHATPAY_TIMEOUT: '5000',
        WECHATPAY_CLOCK_TOLERANCE: '60',
      }),
    ).toEqual({
      result: {
        baseUrls: ['https://a.example', 'https://b.example'],
        callbackUrl: 'https://shop.example.com/complaints',
        timeout: 5000,
        clockTolerance: 60,
      },
      problems: [],
    });
  });

  it('leaves out what is not set, and what cannot be read, which it reports', () => {
    expect(read({ WECHATPAY_TIMEOUT: '10s' })).toEqual({
      result: {},
      problems: [problem('WECHATPAY_TIMEOUT', 'is not a whole number', /digits only/)],
    });
  });
});
