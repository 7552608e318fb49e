import { describe, expect, it } from '@jest/globals';
import {
  checkFlag,
  checkGroup,
  checkNames,
  checkNumber,
  describe as describeFault,
  isQuoted,
} from '../../../lib/config/option-checks.js';
import { collect, problem } from '../../support/option-problems.js';

describe('checkNumber', () => {
  const check = (value: unknown) =>
    collect((report) => checkNumber('lease', value, { default: 60, max: 1000 }, report));

  it.each([1, 0.5, 1000])('accepts %d', (value) => {
    expect(check(value)).toEqual({ result: value, problems: [] });
  });

  it('uses the default for undefined', () => {
    expect(check(undefined)).toEqual({ result: 60, problems: [] });
  });

  it.each([
    [0, 'is 0'],
    [-1, 'is -1'],
    [NaN, 'is NaN'],
    [Infinity, 'is Infinity'],
    [1001, 'is 1001'],
    ['1000', 'is of type string'],
    [null, 'is of type null'],
    [[1000], 'is of type array'],
  ])('reports %p', (value, text) => {
    expect(check(value).problems).toEqual([
      problem('lease', text, /^Give a number of milliseconds above 0 and up to 1000\.$/),
    ]);
  });
});

describe('checkFlag', () => {
  const check = (value: unknown) => collect((report) => checkFlag('on', value, true, report));

  it('accepts true and false, and uses the default for undefined', () => {
    expect([true, false, undefined].map((value) => check(value))).toEqual([
      { result: true, problems: [] },
      { result: false, problems: [] },
      { result: true, problems: [] },
    ]);
  });

  // As a condition, 'false' would be true.
  it.each([
    ['false', 'string'],
    ['', 'string'],
    [0, 'number'],
    [null, 'null'],
    [[], 'array'],
  ])('reports %p', (value, type) => {
    expect(check(value).problems).toEqual([
      problem('on', `is of type ${type}`, /^Give true or false\.$/),
    ]);
  });
});

describe('checkGroup', () => {
  const check = (value: unknown) =>
    collect((report) => checkGroup('retry', value, ['attempts', 'maxDelay'], report));

  it('accepts an object with the names of the group, and undefined', () => {
    expect(check({ attempts: 1 })).toEqual({ result: { attempts: 1 }, problems: [] });
    expect(check(undefined)).toEqual({ result: {}, problems: [] });
  });

  it('reports an unknown name with its path', () => {
    expect(check({ attempt: 1 }).problems).toEqual([
      problem('retry.attempt', 'is not an option', /^Did you mean retry\.attempts\?$/),
    ]);
  });

  it.each([
    [null, 'null'],
    [3, 'number'],
    [[], 'array'],
    ['no', 'string'],
  ])('reports %p', (value, type) => {
    expect(check(value).problems).toEqual([
      problem('retry', `is of type ${type}`, /^Give an object/),
    ]);
  });
});

describe('checkNames', () => {
  const check = (given: object) =>
    collect((report) => {
      checkNames('', given, ['callbackUrl', 'lease'], report);
    }).problems;

  it('suggests the option that was probably meant', () => {
    expect(check({ callbackURL: 'https://a.example' })).toEqual([
      problem('callbackURL', 'is not an option', /^Did you mean callbackUrl\?$/),
    ]);
  });

  it('lists the options if none is close', () => {
    expect(check({ logger: true })).toEqual([
      problem('logger', 'is not an option', /^Remove it\. The options are: callbackUrl, lease\.$/),
    ]);
  });

  it('reports a name without a value', () => {
    expect(check({ callbackURL: undefined })).toHaveLength(1);
  });

  it('does not repeat a name that may be a secret', () => {
    const secret = 'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7/+==';

    expect(JSON.stringify(check({ [secret]: 1 }))).not.toContain(secret);
  });
});

describe('the wording of faults', () => {
  it.each([
    [undefined, 'is missing'],
    ['', 'is missing'],
    ['x', 'is no name'],
    ['"x"', 'has quotes around it'],
    [7, 'is no name (it is of type number)'],
    [null, 'is no name (it is of type null)'],
  ])('says of %p: %s', (value, text) => {
    expect(describeFault(value, 'is no name')).toBe(text);
  });
});

describe('isQuoted', () => {
  it.each(['"a"', "'a'", '`a`', '""', ' "a b" ', '"a\nb"'])('is true for %j', (text) => {
    expect(isQuoted(text)).toBe(true);
  });

  it.each(['a', '"a', 'a"', `"a'`, '"', ''])('is false for %j', (text) => {
    expect(isQuoted(text)).toBe(false);
  });
});
