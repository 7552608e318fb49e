import { runInNewContext } from 'node:vm';
import { describe, expect, it } from '@jest/globals';
import { errorMessage } from '../../../lib/utils/error-message.js';

describe('errorMessage', () => {
  it('returns the message of an Error', () => {
    expect(errorMessage(new TypeError('socket hang up'))).toBe('socket hang up');
  });

  it('recognises an Error of another realm', () => {
    expect(errorMessage(runInNewContext("new Error('of another realm')"))).toBe('of another realm');
  });

  it('joins the messages of an AggregateError that has none of its own', () => {
    const refused = ['127.0.0.1', '::1'].map((host) => new Error(`connect ECONNREFUSED ${host}`));

    expect(errorMessage(new AggregateError(refused))).toBe(
      'connect ECONNREFUSED 127.0.0.1; connect ECONNREFUSED ::1',
    );
    expect(errorMessage(new AggregateError(refused, 'no address'))).toBe('no address');
  });

  it.each([
    ['some text', 'some text'],
    [undefined, 'undefined'],
    [null, 'null'],
    [503, '503'],
  ])('returns the text of %p, which is not an Error', (thrown, text) => {
    expect(errorMessage(thrown)).toBe(text);
  });
});
