import { describe, expect, it } from '@jest/globals';
import { checkExpiry } from '../../../../lib/cli/doctor/expiry.check.js';

const DAY = 24 * 60 * 60 * 1000;
const NOW = Date.parse('2026-11-25T00:00:00Z');

describe('checkExpiry', () => {
  it.each([
    [-1, 'fault', 'it expired on 2026-11-24'],
    [0, 'warning', 'it expires on 2026-11-25, in 0 days'],
    [29, 'warning', 'it expires on 2026-12-24, in 29 days'],
    [30, 'ok', 'it expires on 2026-12-25'],
  ])('of a certificate with %i days left is a %s', (days, status, text) => {
    expect(checkExpiry('Key', 'it', NOW + days * DAY, NOW)).toMatchObject({ status, text });
  });

  it('of a public key is fine', () => {
    expect(checkExpiry('Key', 'it', undefined, NOW)).toEqual({
      status: 'ok',
      name: 'Key',
      text: 'it does not expire',
    });
  });
});
