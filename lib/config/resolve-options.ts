import { isJsonObject } from '../utils/json.js';
import { typeName } from '../utils/type-name.js';
import {
  type ConfigurationProblem,
  WechatPayConfigurationError,
} from '../errors/wechatpay-configuration.error.js';
import { omitModuleSettings } from './module-settings.js';
import { checkNames, type Report } from './option-checks.js';
import {
  type ResolvedMerchantOptions,
  resolveMerchantOptions,
} from './resolve-merchant-options.js';
import { type ResolvedSharedOptions, resolveSharedOptions } from './resolve-shared-options.js';
import type { WechatPayComplaintModuleOptions } from './wechatpay-complaint-options.interface.js';

/** The options of the module: checked, complete and parsed. */
export interface ResolvedOptions extends ResolvedMerchantOptions, ResolvedSharedOptions {}

const OPTIONS: Readonly<Record<keyof WechatPayComplaintModuleOptions, true>> = {
  mchid: true,
  serial: true,
  privateKey: true,
  apiV3Key: true,
  platformKeys: true,
  platformCertificates: true,
  baseUrls: true,
  callbackUrl: true,
  allowPrivateCallbackUrls: true,
  store: true,
  lease: true,
  retention: true,
  handlerTimeout: true,
  handlerLimit: true,
  shutdownTimeout: true,
  reconciliation: true,
  deadlines: true,
  timeout: true,
  retry: true,
  failoverCooldown: true,
  clockTolerance: true,
  request: true,
};

/**
 * Checks every option and parses every key.
 *
 * @param now current time in milliseconds since 1970
 * @throws WechatPayConfigurationError listing all faults
 */
export function resolveOptions(
  options: WechatPayComplaintModuleOptions | null | undefined,
  now = Date.now(),
): ResolvedOptions {
  const problems: ConfigurationProblem[] = [];
  const report: Report = (option, problem, fix) => {
    problems.push({ option, problem, fix });
  };
  if (!isJsonObject(options)) {
    report(
      'options',
      options == null ? 'are missing' : `are of type ${typeName(options)}`,
      'Import WechatPayComplaintModule.forRoot(options) or forRootAsync() once, with isGlobal: true ' +
        'if several modules need it. Do not import the bare class. A factory must return an object.',
    );
    throw new WechatPayConfigurationError(problems);
  }
  checkNames('', omitModuleSettings(options, report), Object.keys(OPTIONS), report);
  const merchant = resolveMerchantOptions(options, report, now);
  const shared = resolveSharedOptions(options, report);
  if (problems.length > 0 || !merchant) throw new WechatPayConfigurationError(problems);
  return Object.freeze({ ...merchant, ...shared });
}
