import { describe, expect, it } from '@jest/globals';
import { EMPTY, of, throwError } from 'rxjs';
import { settleResult } from '../../../lib/notifications/settle-result.js';

describe('settleResult', () => {
  it.each([
    ['a value', 'value'],
    ['a promise', Promise.resolve('value')],
    ['an Observable', of(1, 2)],
    ['an empty Observable', EMPTY],
    ['a promise of an Observable', Promise.resolve(of(1))],
  ])('resolves without the value of %s', async (_what, result) => {
    await expect(settleResult(result)).resolves.toBeUndefined();
  });

  it('rejects with the error of a promise or an Observable', async () => {
    await expect(settleResult(Promise.reject(new Error('locked')))).rejects.toThrow('locked');
    await expect(settleResult(throwError(() => new Error('locked')))).rejects.toThrow('locked');
  });
});
