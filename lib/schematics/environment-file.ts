const HEADING =
  '# nestjs-wechatpay-complaint: from the merchant console (商户平台, 账户中心 > API安全)';

/** Each variable with an example, and what it is. */
const VARIABLES: readonly (readonly [name: string, value: string, comment: string])[] = [
  ['WECHATPAY_MCHID', '', 'merchant id (商户号)'],
  ['WECHATPAY_SERIAL', '', 'serial number of the merchant API certificate'],
  ['WECHATPAY_PRIVATE_KEY_PATH', 'apiclient_key.pem', 'its private key'],
  ['WECHATPAY_API_V3_KEY', '', 'APIv3密钥, 32 characters'],
  ['WECHATPAY_PUBLIC_KEY_ID', '', '微信支付公钥ID, PUB_KEY_ID_...'],
  ['WECHATPAY_PUBLIC_KEY_PATH', 'pub_key.pem', '微信支付公钥'],
];

/** Adds the variables that the file does not mention. */
export function addVariables(text: string, route: string): string {
  const missing = VARIABLES.filter(([name]) => !mentions(text, name));
  const lines = missing.map(([name, value, comment]) => `# ${comment}\n${name}=${value}`);
  if (!mentions(text, 'WECHATPAY_CALLBACK_URL')) {
    lines.push(
      '# Registered when the app starts; without it, nothing is registered\n' +
        `# WECHATPAY_CALLBACK_URL=https://shop.example.com/${route.replace(/^\/+/, '')}`,
    );
  }
  if (lines.length === 0) return text;
  const before = text === '' ? '' : `${text.trimEnd()}\n\n`;
  return `${before}${HEADING}\n${lines.join('\n')}\n`;
}

function mentions(text: string, name: string): boolean {
  return new RegExp(`^#?\\s*(?:export\\s+)?${name}=`, 'm').test(text);
}
