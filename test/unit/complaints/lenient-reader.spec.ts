import { describe, expect, it } from '@jest/globals';
import {
  added,
  fields,
  flag,
  integer,
  list,
  listOrItem,
  type Part,
  readLeniently,
  text,
  time,
} from '../../../lib/complaints/lenient-reader.js';

function read<T>(part: Part<T>, value: unknown) {
  const unread = {};
  return { found: part(value, 'a', unread), unread };
}

describe('A part of a response', () => {
  it.each<[string, Part<unknown>, unknown]>([
    ['text', text, ''],
    ['true or false', flag, false],
    ['an integer', integer, -1],
    ['a list', list(text), ['x']],
    ['an object', fields({ x: text }), { x: 'y' }],
    ['a time', time, '2015-05-20T13:29:35+08:00'],
  ])('is found when it is %s as documented', (_kind, part, value) => {
    expect(read(part, value)).toEqual({ found: value, unread: {} });
  });

  it.each<[string, Part<unknown>, unknown]>([
    ['text', text, 1],
    ['true or false', flag, 'true'],
    ['an integer', integer, 1.5],
    ['an integer', integer, 2 ** 53],
    ['a list', list(text), {}],
    ['an object', fields({ x: text }), []],
    ['a time', time, {}],
    ['a field of this package', added, 'x'],
  ])('is kept as it is when it should be %s and is not', (_kind, part, value) => {
    expect(read(part, value)).toEqual({ found: undefined, unread: { a: value } });
  });

  it.each([null, undefined])('is absent when it is %s', (value) => {
    for (const part of [text, flag, integer, time, list(text), listOrItem(text), fields({})]) {
      expect(read<unknown>(part, value)).toEqual({ found: undefined, unread: {} });
    }
  });
});

describe('A time in milliseconds', () => {
  it.each([
    [1774687595000, '2026-03-28T16:46:35+08:00'],
    [1774687595120, '2026-03-28T16:46:35.120+08:00'],
    [1e12, '2001-09-09T09:46:40+08:00'],
  ])('%d becomes %s', (value, expected) => {
    expect(read(time, value)).toEqual({ found: expected, unread: {} });
  });

  it.each([0, -1, 1774687595, 1774687595000.5, 1e14, 1e300])(
    '%d is not one, and is kept as it is',
    (value) => {
      expect(read(time, value)).toEqual({ found: undefined, unread: { a: value } });
    },
  );
});

describe('A list', () => {
  it('lacks what has another form', () => {
    expect(read(list(text), ['x', 1, null, 'y'])).toEqual({
      found: ['x', 'y'],
      unread: { 'a[1]': 1 },
    });
  });

  it('may come as its only item', () => {
    const part = listOrItem(fields({ x: text }));

    expect(read(part, { x: 'y' })).toEqual({ found: [{ x: 'y' }], unread: {} });
    expect(read(part, [{ x: 'y' }])).toEqual({ found: [{ x: 'y' }], unread: {} });
    expect(read(part, 'y')).toEqual({ found: undefined, unread: { a: 'y' } });
  });
});

describe('An object', () => {
  it('keeps what is not documented, but no own __proto__', () => {
    const value: unknown = JSON.parse('{"x":"y","z":[null],"__proto__":{"w":1}}');
    const { found } = read(fields({ x: text }), value);

    expect(found && Object.entries(found)).toEqual([
      ['x', 'y'],
      ['z', [null]],
    ]);
  });

  it('has unreadFields only when there are any', () => {
    const part = fields({ x: text });

    expect(readLeniently(part, { x: 'y' })).toStrictEqual({ x: 'y' });
    expect(readLeniently(part, { x: 1 })).toStrictEqual({ unreadFields: { x: 1 } });
    expect(readLeniently(part, undefined)).toStrictEqual({});
  });
});
