import { describe, expect, it } from '@jest/globals';
import { addVariables } from '../../../lib/schematics/environment-file.js';

const NAMES = [
  'WECHATPAY_MCHID',
  'WECHATPAY_SERIAL',
  'WECHATPAY_PRIVATE_KEY_PATH',
  'WECHATPAY_API_V3_KEY',
  'WECHATPAY_PUBLIC_KEY_ID',
  'WECHATPAY_PUBLIC_KEY_PATH',
];

function namesIn(text: string): string[] {
  return Array.from(text.matchAll(/^(\w+)=/gm), ([, name = '']) => name);
}

describe('addVariables', () => {
  it('begins a file', () => {
    const text = addVariables('', 'wechatpay/complaints');
    expect(namesIn(text)).toEqual(NAMES);
    expect(text).toContain(
      '\n# WECHATPAY_CALLBACK_URL=https://shop.example.com/wechatpay/complaints\n',
    );
  });

  it('adds what is missing to what is there', () => {
    const text = addVariables('PORT=3000\nexport WECHATPAY_MCHID=1900000109', '/complaints');
    expect(namesIn(text)).toEqual(['PORT', ...NAMES.slice(1)]);
    expect(text).toMatch(/^PORT=3000\nexport WECHATPAY_MCHID=1900000109\n\n# nestjs-wechatpay/);
    expect(text).toContain('https://shop.example.com/complaints\n');
  });

  it('changes nothing twice', () => {
    const text = addVariables('PORT=3000\n', 'complaints');
    expect(addVariables(text, 'complaints')).toBe(text);
  });
});
