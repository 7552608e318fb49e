import { describe, expect, it } from '@jest/globals';
import { assertArguments, prepared } from '../../../lib/http/request-arguments.js';
import { errorOf, valuesOf } from '../../support/client-bench.js';

describe('Checked arguments', () => {
  it('pass without problems', () => {
    expect(() => {
      assertArguments({ limit: [], offset: [] });
    }).not.toThrow();
  });

  it('fail with all problems of the first field that has any', () => {
    expect(() => {
      assertArguments({ limit: [], offset: ['is odd', 'is old'], url: ['is wrong'] });
    }).toThrow(
      expect.objectContaining({
        code: 'INVALID_ARGUMENT',
        field: 'offset',
        problems: ['is odd', 'is old'],
      }),
    );
  });
});

describe('A prepared value', () => {
  it('is built once, before anybody subscribes', async () => {
    let count = 0;
    const value = prepared(() => {
      count += 1;
      return count;
    });

    expect(count).toBe(1);
    expect([...(await valuesOf(value)), ...(await valuesOf(value))]).toEqual([1, 1]);
  });

  it('fails the Observable instead of the call that builds it', async () => {
    const fault = new Error('wrong');
    const value = prepared(() => {
      throw fault;
    });

    expect(await errorOf(value)).toBe(fault);
  });
});
