import { describe, expect, it } from '@jest/globals';
import { cut, displayWidth, pad, printable, table, toJson } from '../../../lib/cli/output.js';

describe('printable', () => {
  it('keeps text in one line and out of the control of the sender', () => {
    expect(printable('a\r\nb\u001b[31mc\u0007\u2028d\u202ee')).toBe('a b [31mc d e');
  });

  it('prints what is no text as JSON, and nothing for what is missing', () => {
    expect([undefined, null, 5, true, { a: '\n' }].map(printable)).toEqual([
      '',
      '',
      '5',
      'true',
      '{"a":"\\n"}',
    ]);
  });
});

describe('toJson', () => {
  it('escapes control characters that JSON allows', () => {
    const text = toJson({ a: '\u009b31m\u2028中' });
    expect(text).toBe('{\n  "a": "\\u009b31m\\u2028中"\n}');
    expect(JSON.parse(text)).toEqual({ a: '\u009b31m\u2028中' });
  });
});

describe('displayWidth', () => {
  it.each([
    ['abc', 3],
    ['投诉', 4],
    ['，¥', 3],
    ['e\u0301', 1],
    ['🙂', 2],
  ])('of %s is %i', (text, width) => {
    expect(displayWidth(text)).toBe(width);
  });
});

describe('table', () => {
  it('aligns columns by what a terminal shows', () => {
    const rows = [
      ['ID', 'TEXT'],
      ['投诉', 'a'],
      ['x', undefined],
    ];
    expect(table(rows)).toEqual(['ID    TEXT', '投诉  a', 'x']);
  });

  it('cuts to the width of the terminal', () => {
    expect(table([['a', '收到的杯子']], 9)).toEqual(['a  收到…']);
    expect(table([['a', 'fits']], 7)).toEqual(['a  fits']);
  });
});

describe('cut and pad', () => {
  it('count columns, not characters', () => {
    expect(cut('投诉单', 5)).toBe('投诉…');
    expect(pad('投诉', 6)).toBe('投诉  ');
  });
});
