/** An option, and the variable that it is read from. */
export type OptionVariable = readonly [option: string, variable: string];

export const OPTION_VARIABLES: readonly OptionVariable[] = [
  ['mchid', 'WECHATPAY_MCHID'],
  ['serial', 'WECHATPAY_SERIAL'],
  ['apiV3Key', 'WECHATPAY_API_V3_KEY'],
  ['platformCertificates.download', 'WECHATPAY_DOWNLOAD_CERTIFICATES'],
  ['platformCertificates.refreshInterval', 'WECHATPAY_REFRESH_INTERVAL'],
  ['baseUrls', 'WECHATPAY_BASE_URLS'],
  ['callbackUrl', 'WECHATPAY_CALLBACK_URL'],
  ['timeout', 'WECHATPAY_TIMEOUT'],
  ['clockTolerance', 'WECHATPAY_CLOCK_TOLERANCE'],
];

/** The variable of an option, or of an entry of it: `WECHATPAY_BASE_URLS[1]` for `baseUrls[1]`. */
export function variableOf(
  option: string,
  variables: readonly OptionVariable[],
): string | undefined {
  for (const [name, variable] of variables) {
    const rest = option.slice(name.length);
    if (option.startsWith(name) && /^(\[\d+\])?$/.test(rest)) return variable + rest;
  }
  return undefined;
}
