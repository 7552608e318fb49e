import { describe, expect, it } from '@jest/globals';
import {
  characterProblems,
  contentProblems,
  httpsUrlProblems,
  integerProblems,
  mediaIdsProblems,
  textProblems,
  typeProblem,
  unlessMissing,
} from '../../../lib/complaints/argument-checks.js';

describe('The problems of an argument', () => {
  it.each([
    [undefined, 'is missing'],
    [null, 'is of type null, not a string'],
    [[], 'is of type array, not a string'],
    [1, 'is of type number, not a string'],
  ])('of the type of %j are clear', (value, problem) => {
    expect(typeProblem(value, 'a string')).toBe(problem);
    expect(textProblems(value)).toEqual([problem]);
  });

  it('are none when it is missing and may be', () => {
    const problemsOf = (): string[] => ['is wrong'];

    expect(unlessMissing(undefined, problemsOf)).toEqual([]);
    expect(unlessMissing(0, problemsOf)).toEqual(['is wrong']);
  });

  it.each([
    ['a\0b', 'must not contain NUL'],
    ['a\ud83d', 'must not contain half a surrogate pair'],
    ['好😀', 'contains U+1F600: WeChat Pay accepts characters of up to 3 bytes, so neither emoji'],
    ['𠮷野家', 'contains U+20BB7: WeChat Pay accepts'],
  ])('of the characters of %j are found', (text, problem) => {
    expect(characterProblems(text)).toEqual([expect.stringContaining(problem)]);
  });

  it.each(['好', '€', '\ufffd', 'a\nb'])('of the characters of %j are none', (text) => {
    expect(characterProblems(text)).toEqual([]);
  });

  it('of a text are all found, and characters are counted, not code units', () => {
    expect(textProblems('好'.repeat(3), 3)).toEqual([]);
    expect(textProblems('\0😀', 1)).toEqual([
      'must not contain NUL',
      expect.stringContaining('contains U+1F600'),
      'has 2 characters, at most 1 are allowed',
    ]);
  });

  it.each<[unknown, string[]]>([
    [1, []],
    [3, []],
    [0, ['is 0, not an integer from 1 to 3']],
    [4, ['is 4, not an integer from 1 to 3']],
    [1.5, ['is 1.5, not an integer from 1 to 3']],
    [NaN, ['is NaN, not an integer from 1 to 3']],
    ['2', ['is of type string, not an integer from 1 to 3']],
  ])('of the integer %p are %j', (value, problems) => {
    expect(integerProblems(value, 1, 3)).toEqual(problems);
  });

  it('of an integer without an upper bound say so', () => {
    expect(integerProblems(2 ** 52, 0)).toEqual([]);
    expect(integerProblems(-1, 0)).toEqual(['is -1, not an integer from 0 on']);
  });

  it.each<[string, string[]]>([
    ['https://shop.example.com/a?b=c', []],
    ['http://a.com', ['must be an absolute https:// URL']],
    ['https:///a', ['must be an absolute https:// URL']],
    ['https:\\\\a.com', ['must be an absolute https:// URL']],
    ['https://a.com/ b', ['must not contain white space']],
    ['', ['must not be empty']],
  ])('of the URL %j are %j', (url, problems) => {
    expect(httpsUrlProblems(url, 100)).toEqual(problems);
  });

  it('of media ids are found one by one', () => {
    expect(mediaIdsProblems(['a', '', 1, 'd', 'e'])).toEqual([
      '[1] must not be empty',
      '[2] is of type number, not a string',
      'has 5 entries, at most 4 are allowed',
    ]);
    expect(mediaIdsProblems('a')).toEqual(['is of type string, not an array']);
  });

  it('of content are found by their path', () => {
    const content = { a: [{ b: '\0' }], c: 1n, d: [true, undefined, 1, '好'], e: NaN };

    const problems = Object.entries(contentProblems(content, 'x'));
    expect(problems.filter(([, found]) => found.length > 0)).toEqual([
      ['x.a[0].b', ['must not contain NUL']],
      ['x.c', ['is of type bigint, which cannot be sent']],
      ['x.e', ['is of type number, which cannot be sent']],
    ]);
  });

  it('of content that contains itself are found as well', () => {
    const content: Record<string, unknown> = {};
    content.a = content;

    expect(Object.values(contentProblems(content, 'x'))).toEqual([['is nested too deeply']]);
  });
});
