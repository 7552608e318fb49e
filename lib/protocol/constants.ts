/** API hosts of WeChat Pay in order of preference. Both serve the same API with the same keys. */
export const DEFAULT_BASE_URLS = [
  'https://api.mch.weixin.qq.com',
  'https://api2.mch.weixin.qq.com',
];

/** API host for overseas merchants. Its paths differ and are not supported. */
export const OVERSEAS_HOST = 'apihk.mch.weixin.qq.com';

/** Ids of WeChat Pay public keys (微信支付公钥ID) begin with this prefix; serial numbers are hexadecimal. */
export const PUBLIC_KEY_ID_PREFIX = 'PUB_KEY_ID_';
