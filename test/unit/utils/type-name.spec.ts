import { describe, expect, it } from '@jest/globals';
import { typeName } from '../../../lib/utils/type-name.js';

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
    expect(typeName(value)).toBe(kind);
  });
});
