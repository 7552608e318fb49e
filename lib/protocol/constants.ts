/** The access points of WeChat Pay, the nearest one first. Both serve the same API with the same keys. */
export const DEFAULT_BASE_URLS = [
  'https://api.mch.weixin.qq.com',
  'https://api2.mch.weixin.qq.com',
];

/** The access point for overseas merchants. It has other paths, which this package does not support. */
export const OVERSEAS_HOST = 'apihk.mch.weixin.qq.com';

/** Ids of WeChat Pay public keys (微信支付公钥ID) begin with this; serial numbers are hex. */
export const PUBLIC_KEY_ID_PREFIX = 'PUB_KEY_ID_';
