import { describe, expect, it } from '@jest/globals';
import { isJsonObject, isNestedWithin, parseJsonObject } from '../../../lib/utils/json.js';

describe('isJsonObject', () => {
  it.each([{}, { id: '1' }, Object.create(null)])('accepts %j', (value) => {
    expect(isJsonObject(value)).toBe(true);
  });

  it.each([[[]], [null], [undefined], ['{}'], [1], [true]])('rejects %j', (value) => {
    expect(isJsonObject(value)).toBe(false);
  });
});

describe('parseJsonObject', () => {
  it('parses an object with any white space and escapes', () => {
    const pretty = Buffer.from('{\r\n  "url": "https:\\/\\/a.example",\n  "summary": "投诉"\n}\n');

    expect(parseJsonObject(pretty)).toEqual({ url: 'https://a.example', summary: '投诉' });
  });

  it('skips a byte order mark', () => {
    expect(parseJsonObject(Buffer.from('\ufeff{"id":"1"}'))).toEqual({ id: '1' });
  });

  it.each([
    ['nothing', ''],
    ['white space', ' \n'],
    ['an array', '[{"id":"1"}]'],
    ['null', 'null'],
    ['a string', '"{}"'],
    ['a number', '1'],
    ['a truncated object', '{"id":"1"'],
    ['an object followed by another one', '{"id":"1"}{}'],
    ['two byte order marks', '\ufeff\ufeff{}'],
    ['a form body', 'id=1'],
  ])('returns undefined for %s', (_what, text) => {
    expect(parseJsonObject(Buffer.from(text))).toBeUndefined();
  });

  it.each([
    ['a byte that UTF-8 never uses', Buffer.from('{"a":"\xff"}', 'latin1')],
    ['an overlong form', Buffer.from('{"a":"\xc0\xaf"}', 'latin1')],
    ['half of a character', Buffer.from('{"a":"\xe6\x8a"}', 'latin1')],
    ['a lone surrogate', Buffer.from('{"a":"\xed\xa0\x80"}', 'latin1')],
    ['GBK', Buffer.from('{"a":"\xcd\xb6\xcb\xdf"}', 'latin1')],
    ['UTF-16', Buffer.from('{"a":"b"}', 'utf16le')],
  ])('returns undefined for %s instead of replacing characters', (_what, bytes) => {
    expect(parseJsonObject(bytes)).toBeUndefined();
  });

  it('reads a field named __proto__ as a field and leaves prototypes alone', () => {
    const json = parseJsonObject(
      Buffer.from('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}'),
    );

    expect(Object.keys(json ?? {})).toEqual(['__proto__', 'constructor']);
    expect(json?.polluted).toBeUndefined();
    expect({}).not.toHaveProperty('polluted');
  });
});

describe('isNestedWithin', () => {
  it.each([
    ['text', 'text', 0, true],
    ['null', null, 0, true],
    ['an empty object', {}, 0, false],
    ['an empty object', {}, 1, true],
    ['an array in an object', { a: 1, b: [2] }, 1, false],
    ['an array in an object', { a: 1, b: [2] }, 2, true],
  ])('of %s (%j) and %i levels is %s', (_what, value, levels, expected) => {
    expect(isNestedWithin(value, levels)).toBe(expected);
  });

  it('handles a value that is nested deeper than the stack allows', () => {
    expect(isNestedWithin(JSON.parse('['.repeat(500_000) + ']'.repeat(500_000)), 8)).toBe(false);
  });
});
