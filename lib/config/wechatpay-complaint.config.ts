import { registerAs } from '@nestjs/config';
import { readEnvironment } from './read-environment.js';
import type { WechatPayComplaintModuleOptions } from './wechatpay-complaint-options.interface.js';

/**
 * Module options from `WECHATPAY_*` environment variables:
 *
 * ```ts
 * WechatPayComplaintModule.forRootAsync(wechatPayComplaintConfig.asProvider())
 * ```
 *
 * `docs/reference/environment.md` lists the variables. A PEM is given in a variable, or as a file whose
 * path is in the variable of the same name with `_PATH`. `WECHATPAY_MERCHANTS_PATH` names a file or a
 * directory with several merchants, for whom the other variables are defaults.
 *
 * @throws WechatPayConfigurationError naming every variable that is missing or unusable
 */
export const wechatPayComplaintConfig = registerAs(
  'wechatPayComplaint',
  (): WechatPayComplaintModuleOptions => readEnvironment(process.env),
);
