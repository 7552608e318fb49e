import { describe, expect, it } from '@jest/globals';
import { checkCallbackUrl } from '../../../lib/health/callback-url.health.js';

const url = 'https://shop.example.com/complaints';

describe('checkCallbackUrl', () => {
  it('has nothing to say without the option', () => {
    expect(checkCallbackUrl('1900000109', undefined)).toEqual({ value: undefined, problems: [] });
  });

  it('finds nothing wrong before the first attempt has ended', () => {
    expect(checkCallbackUrl('1900000109', { url })).toEqual({ value: { url }, problems: [] });
  });

  it('tells when the URL was registered', () => {
    const registeredAt = new Date('2026-01-02T03:04:05Z');
    expect(checkCallbackUrl('1900000109', { url, registeredAt })).toEqual({
      value: { url, registeredAt: '2026-01-02T03:04:05.000Z' },
      problems: [],
    });
  });

  it('is degraded while the URL cannot be registered', () => {
    expect(checkCallbackUrl('1900000109', { url, failure: 'NO_AUTH: 无权限' })).toEqual({
      value: { url },
      problems: [
        {
          status: 'degraded',
          text: `Callback URL ${url} of merchant 1900000109 could not be registered yet: NO_AUTH: 无权限`,
        },
      ],
    });
  });
});
