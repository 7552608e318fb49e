import { describe, expect, it } from '@jest/globals';
import { readRequestId } from '../../../lib/protocol/request-id.js';

describe('readRequestId', () => {
  it.each(['08F2D0A7B506', 'a-b_c', 'x'.repeat(128)])('reads %s', (value) => {
    expect(readRequestId({ 'request-id': value })).toBe(value);
  });

  it.each([
    ['absent', undefined],
    ['empty', ''],
    ['too long', 'x'.repeat(129)],
    ['able to begin a new log line', '08F2\nERROR'],
    ['able to end a quoted value', '08F2"'],
    ['repeated', ['08F2', '08F3']],
  ])('drops a header that is %s', (_what, value) => {
    expect(readRequestId({ 'request-id': value })).toBeUndefined();
  });
});
