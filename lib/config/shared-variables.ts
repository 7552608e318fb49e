import type { Environment } from './environment.js';
import type { SingleMerchantOptions } from './wechatpay-complaint-options.interface.js';

/** The variables that are read the same way for one merchant and for several. */
export function readSharedOptions(
  env: Environment,
): Pick<SingleMerchantOptions, 'baseUrls' | 'callbackUrl' | 'timeout' | 'clockTolerance'> {
  return {
    baseUrls: env
      .text('WECHATPAY_BASE_URLS')
      ?.split(',')
      .map((url) => url.trim()),
    callbackUrl: env.text('WECHATPAY_CALLBACK_URL'),
    timeout: env.number('WECHATPAY_TIMEOUT'),
    clockTolerance: env.number('WECHATPAY_CLOCK_TOLERANCE'),
  };
}
