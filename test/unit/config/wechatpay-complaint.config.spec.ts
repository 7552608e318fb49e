import { describe, expect, it, jest } from '@jest/globals';
import { wechatPayComplaintConfig } from '../../../lib/config/wechatpay-complaint.config.js';
import { createTestMerchant } from '../../../lib/testing/index.js';

describe('wechatPayComplaintConfig', () => {
  it('reads the environment when it is called, not when it is imported', async () => {
    for (const mchid of ['1900000001', '1900000002']) {
      const { environment } = await createTestMerchant({ mchid });
      const replaced = jest.replaceProperty(process, 'env', environment);
      try {
        expect(wechatPayComplaintConfig()).toMatchObject({ mchid });
      } finally {
        replaced.restore();
      }
    }
  });
});
