import { describe, expect, it, jest } from '@jest/globals';
import { findOptionFaults } from '../../../lib/config/option-faults.js';
import { createTestMerchant } from '../../../lib/testing/index.js';
import { problem } from '../../support/option-problems.js';

describe('findOptionFaults', () => {
  it('finds none in good options', async () => {
    const { options } = await createTestMerchant();

    expect(findOptionFaults(options)).toEqual([]);
  });

  it('finds every fault', async () => {
    const { options } = await createTestMerchant();

    expect(findOptionFaults({ ...options, serial: 'zz', timeout: 0 })).toEqual([
      problem('serial', 'is not a hexadecimal serial number', /openssl x509/),
      problem('timeout', 'is 0', /up to 600000/),
    ]);
  });

  it('does not take a defect for a fault of the options', async () => {
    const { options } = await createTestMerchant();
    const replaced = jest.spyOn(URL, 'canParse').mockImplementation(() => {
      throw new RangeError('out of order');
    });

    try {
      expect(() => findOptionFaults(options)).toThrow(new RangeError('out of order'));
    } finally {
      replaced.mockRestore();
    }
  });
});
