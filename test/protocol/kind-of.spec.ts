import { describe, expect, it } from '@jest/globals';
import { kindOf } from '../../lib/protocol/kind-of.js';

describe('kindOf', () => {
  it.each([
    [null, 'null'],
    [undefined, 'undefined'],
    [[], 'array'],
    [['secret'], 'array'],
    [{ secret: 'secret' }, 'object'],
    [Buffer.from('secret'), 'object'],
    ['secret', 'string'],
    [42, 'number'],
    [false, 'boolean'],
    [() => 'secret', 'function'],
  ])('names the kind of %p, not its value: %s', (value, kind) => {
    expect(kindOf(value)).toBe(kind);
  });
});
