import { describe, expect, it } from '@jest/globals';
import { ImageLinks } from '../../../../../lib/testing/simulator/state/image-links.js';

const ORIGIN = 'http://127.0.0.1:3000';
const CLOCK = Date.parse('2026-03-17T07:00:00Z');
const HOUR = 60 * 60 * 1000;

describe('A link to an image', () => {
  let now = CLOCK;
  const links = new ImageLinks(
    () => ORIGIN,
    () => now,
  );
  const linkTo = (key: string): string => {
    now = CLOCK;
    return links.create(key).slice(ORIGIN.length);
  };

  it('has the form of a real one', () => {
    now = CLOCK;

    expect(links.create('123')).toMatch(
      /^http:\/\/127\.0\.0\.1:3000\/operation-images\/123\?sign=q-sign-algorithm%3dsha1%26q-ak%3dsimulator%26q-sign-time%3d1773730800%3b1773734400%26q-signature%3d[0-9a-f]{40}$/,
    );
  });

  it('is valid for an hour', () => {
    const link = linkTo('123');

    now = CLOCK + HOUR - 1;
    expect(links.verify(link)).toBe('123');
    now = CLOCK + HOUR;
    expect(links.verify(link)).toBeUndefined();
  });

  it.each<[string, (link: string) => string]>([
    ['to another image', (link) => link.replace('/123?', '/124?')],
    ['with another time', (link) => link.replace('%3b1773734400', '%3b1873734400')],
    ['with another signature', (link) => link.replace(/.$/, 'x')],
    ['without parameters', (link) => link.replace(/\?.*/, '')],
  ])('is not valid when it was changed: %s', (_case, change) => {
    expect(links.verify(change(linkTo('123')))).toBeUndefined();
  });

  it('of another simulator is not valid', () => {
    const others = new ImageLinks(
      () => ORIGIN,
      () => CLOCK,
    );

    expect(others.verify(linkTo('123'))).toBeUndefined();
  });
});
