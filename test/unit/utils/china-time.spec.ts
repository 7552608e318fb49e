import { describe, expect, it } from '@jest/globals';
import { chinaDateOf, parseChinaTime, toChinaTime } from '../../../lib/utils/china-time.js';

const TIME = Date.UTC(2015, 4, 20, 5, 29, 35);

describe('parseChinaTime', () => {
  it.each([
    ['2015-05-20T13:29:35+08:00', TIME],
    ['2015-05-20T13:29:35.120+08:00', TIME + 120],
    ['2015-05-20T05:29:35Z', TIME],
    ['2015-05-20T07:29:35+0200', TIME],
    ['2015-05-20T13:29:35', TIME],
    ['2015-05-20 13:29:35', TIME],
    [' 2015-05-20 13:29 ', TIME - 35_000],
  ])('reads %s', (text, expected) => {
    expect(parseChinaTime(text)).toBe(expected);
  });

  it.each([undefined, '', 'yesterday', '2015-05-20', '2015-13-20T13:29:35+08:00', '1432099775'])(
    'reads nothing from %p',
    (text) => {
      expect(parseChinaTime(text)).toBeUndefined();
    },
  );
});

describe('toChinaTime', () => {
  it('writes the offset, and milliseconds only where there are any', () => {
    expect(toChinaTime(TIME)).toBe('2015-05-20T13:29:35+08:00');
    expect(toChinaTime(TIME + 7)).toBe('2015-05-20T13:29:35.007+08:00');
  });
});

describe('chinaDateOf', () => {
  it('is the day in China, where it is eight hours later', () => {
    expect(chinaDateOf(Date.UTC(2015, 4, 20, 15, 59, 59))).toBe('2015-05-20');
    expect(chinaDateOf(Date.UTC(2015, 4, 20, 16))).toBe('2015-05-21');
  });
});
