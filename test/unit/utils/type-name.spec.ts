import { describe, expect, it } from '@jest/globals';
import { typeName } from '../../../lib/utils/type-name.js';

describe('typeName', () => {
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
  ])('names the type of %p without its value: %s', (value, name) => {
    expect(typeName(value)).toBe(name);
  });
});
