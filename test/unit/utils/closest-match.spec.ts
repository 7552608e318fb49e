import { describe, expect, it } from '@jest/globals';
import { closestMatch } from '../../../lib/utils/closest-match.js';

const WORDS = ['callbackUrl', 'clockTolerance', 'retry', 'retention', 'lease', 'mchid'];

describe('closestMatch', () => {
  it.each([
    ['callbackURL', 'callbackUrl'],
    ['callbackurl', 'callbackUrl'],
    ['callBackUri', 'callbackUrl'],
    ['clocktolerence', 'clockTolerance'],
    ['retrys', 'retry'],
    ['retentoin', 'retention'],
    ['mchId', 'mchid'],
    ['mch_id', 'mchid'],
    ['lease', 'lease'],
  ])('finds for %s the word %s', (text, word) => {
    expect(closestMatch(text, WORDS)).toBe(word);
  });

  it.each(['', 'x', 'logger', 'isGlobal', 'callback'])('finds nothing for "%s"', (text) => {
    expect(closestMatch(text, WORDS)).toBeUndefined();
  });

  it('finds nothing among no words', () => {
    expect(closestMatch('lease', [])).toBeUndefined();
  });

  it('prefers the closest word', () => {
    expect(closestMatch('attempt', ['attempted', 'attempts'])).toBe('attempts');
  });
});
