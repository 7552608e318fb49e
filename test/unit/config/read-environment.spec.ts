import { describe, expect, it } from '@jest/globals';
import { readEnvironment } from '../../../lib/config/read-environment.js';
import { WechatPayConfigurationError } from '../../../lib/errors/wechatpay-configuration.error.js';
import { createTestMerchant } from '../../../lib/testing/index.js';
import { problem } from '../../support/option-problems.js';

describe('readEnvironment', () => {
  it('reads one merchant if WECHATPAY_MERCHANTS_PATH is not set or blank', async () => {
    const { mchid, environment } = await createTestMerchant();

    for (const path of [undefined, ' ']) {
      const options = readEnvironment({ ...environment, WECHATPAY_MERCHANTS_PATH: path });
      expect(options.mchid).toBe(mchid);
    }
  });

  it('reads several merchants if it is set', () => {
    expect(() => readEnvironment({ WECHATPAY_MERCHANTS_PATH: '/there/is/none' })).toThrow(
      'WECHATPAY_MERCHANTS_PATH cannot be read (ENOENT)',
    );
  });

  it('reports the first fault of a variable only', async () => {
    const { environment } = await createTestMerchant();
    const { problems } = failureOf({ ...environment, WECHATPAY_MCHID: "'1'" });

    expect(problems).toEqual([problem('WECHATPAY_MCHID', 'has quotes around it', /Remove them/)]);
  });
});

function failureOf(variables: Readonly<Record<string, string>>): WechatPayConfigurationError {
  try {
    readEnvironment(variables);
  } catch (error) {
    if (error instanceof WechatPayConfigurationError) return error;
    throw error;
  }
  throw new Error('The environment was accepted.');
}
