import { describe, expect, it } from '@jest/globals';
import { digits } from '../../../../../lib/testing/simulator/state/digits.js';

describe('digits', () => {
  it.each([1, 14, 27])('returns %i random digits', (count) => {
    const made = Array.from({ length: 100 }, () => digits(count));

    for (const text of made) expect(text).toMatch(new RegExp(`^\\d{${count}}$`));
    expect(new Set(made).size).toBeGreaterThan(1);
  });
});
