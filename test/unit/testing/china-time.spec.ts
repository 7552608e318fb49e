import { describe, expect, it } from '@jest/globals';
import { toChinaTime } from '../../../lib/testing/china-time.js';

describe('toChinaTime', () => {
  it.each([
    ['2026-03-31T16:00:05.999Z', '2026-04-01T00:00:05+08:00'],
    ['2026-03-31T15:59:59Z', '2026-03-31T23:59:59+08:00'],
    ['2024-12-31T20:00:00Z', '2025-01-01T04:00:00+08:00'],
  ])('writes %s as %s', (utc, china) => {
    expect(toChinaTime(Date.parse(utc))).toBe(china);
  });
});
