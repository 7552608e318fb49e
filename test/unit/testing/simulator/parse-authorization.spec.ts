import { describe, expect, it } from '@jest/globals';
import { parseAuthorization } from '../../../../lib/testing/simulator/parse-authorization.js';

const VALUES = {
  mchid: '1900000109',
  nonce_str: '593BEC0C930BF1AFEB40B4A08C8FB242',
  signature: 'uOVRnA4qG/MNnYzdQxJanN+zU+lTgIcnU9BxGw5dKjK+Vd==',
  timestamp: '1554208460',
  serial_no: '1DDE55AD98ED71D6EDD4A4A16996DE7B47773A8C',
};

function headerOf(values: Readonly<Record<string, string>>, separator = ','): string {
  const pairs = Object.entries(values).map(([name, value]) => `${name}="${value}"`);
  return `WECHATPAY2-SHA256-RSA2048 ${pairs.join(separator)}`;
}

describe('parseAuthorization', () => {
  it('reads the values in any order, with or without spaces', () => {
    const reversed = Object.fromEntries(Object.entries(VALUES).reverse());

    expect(parseAuthorization(headerOf(VALUES))).toEqual(VALUES);
    expect(parseAuthorization(headerOf(reversed, ', '))).toEqual(VALUES);
  });

  it.each([
    ['is absent', undefined],
    ['is empty', ''],
    ['has a scheme only', 'WECHATPAY2-SHA256-RSA2048'],
    ['has another scheme', 'Bearer mchid="1900000109"'],
    ['has another algorithm', headerOf(VALUES).replace('RSA2048', 'SM2')],
    ['has values without quotes', headerOf(VALUES).replaceAll('"', '')],
  ])('returns undefined when the header %s', (_case, header) => {
    expect(parseAuthorization(header)).toBeUndefined();
  });

  it.each(Object.keys(VALUES))('returns undefined when %s is missing or empty', (name) => {
    const missing = headerOf(VALUES).replace(`${name}="`, 'other="');

    expect(parseAuthorization(missing)).toBeUndefined();
    expect(parseAuthorization(headerOf({ ...VALUES, [name]: '' }))).toBeUndefined();
  });
});
