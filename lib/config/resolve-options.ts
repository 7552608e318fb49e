import { isJsonObject } from '../utils/json.js';
import { typeName } from '../utils/type-name.js';
import {
  type ConfigurationProblem,
  WechatPayConfigurationError,
} from '../errors/wechatpay-configuration.error.js';
import { omitModuleSettings } from './module-settings.js';
import { checkNames, type Report, type Unchecked } from './option-checks.js';
import {
  MERCHANT_OPTIONS,
  type ResolvedMerchantOptions,
  resolveMerchantOptions,
} from './resolve-merchant-options.js';
import { type ResolvedMerchants, resolveMerchants } from './resolve-merchants.js';
import {
  type ResolvedSharedOptions,
  resolveSharedOptions,
  SHARED_OPTIONS,
} from './resolve-shared-options.js';
import type {
  MerchantDefaults,
  MerchantOptions,
  SeveralMerchantsOptions,
  SingleMerchantOptions,
} from './wechatpay-complaint-options.interface.js';

/** The options of one merchant and those of its app: checked, complete and parsed. */
export interface ResolvedOptions extends ResolvedMerchantOptions, ResolvedSharedOptions {}

/** The options of the module: checked, complete and parsed. */
export interface ResolvedModuleOptions {
  readonly shared: ResolvedSharedOptions;
  /** The merchant of an app with one. */
  readonly merchant?: ResolvedMerchantOptions;
  /** The merchants of an app with several. */
  readonly merchants?: ResolvedMerchants;
}

const SINGLE: Readonly<Record<Exclude<keyof SingleMerchantOptions, 'merchants'>, true>> = {
  ...MERCHANT_OPTIONS,
  ...SHARED_OPTIONS,
};

/** Options of a merchant that cannot stand beside `merchants`. */
type OwnOption = Exclude<keyof MerchantOptions, keyof MerchantDefaults>;
const OWN: readonly OwnOption[] = ['mchid', 'serial', 'privateKey', 'apiV3Key', 'platformKeys'];
const SEVERAL: Readonly<Record<Exclude<keyof SeveralMerchantsOptions, OwnOption>, true>> = {
  merchants: true,
  maxMerchants: true,
  unknownMerchantCooldown: true,
  platformCertificates: true,
  baseUrls: true,
  callbackUrl: true,
  allowPrivateCallbackUrls: true,
  ...SHARED_OPTIONS,
};

/**
 * Checks every option and parses every key.
 *
 * @param options those of the module, a WechatPayComplaintModuleOptions, unless they are faulty
 * @param now current time in milliseconds since 1970
 * @throws WechatPayConfigurationError listing all faults
 */
export function resolveOptions(options: unknown, now = Date.now()): ResolvedModuleOptions {
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
  const resolved =
    options.merchants === undefined
      ? resolveSingle(options, report, now)
      : resolveSeveral(options, report, now);
  if (problems.length > 0 || !resolved) throw new WechatPayConfigurationError(problems);
  return resolved;
}

function resolveSingle(
  options: Unchecked<SingleMerchantOptions>,
  report: Report,
  now: number,
): ResolvedModuleOptions | undefined {
  const { merchants: _none, ...given } = options;
  checkNames('', omitModuleSettings(given, report), Object.keys(SINGLE), report);
  const merchant = resolveMerchantOptions(given, report, now);
  const shared = resolveSharedOptions(given, report);
  return merchant && { merchant, shared };
}

function resolveSeveral(
  options: Unchecked<SeveralMerchantsOptions>,
  report: Report,
  now: number,
): ResolvedModuleOptions {
  const own = OWN.filter((option) => options[option] !== undefined);
  if (own.length > 0) {
    report(
      own.join(', '),
      'cannot be given beside merchants',
      'Give one merchant by itself, or each one in merchants.',
    );
  }
  checkNames('', omitModuleSettings(options, report), [...Object.keys(SEVERAL), ...OWN], report);
  const merchants = resolveMerchants(options, report, now);
  const shared = resolveSharedOptions(options, report);
  return { merchants, shared };
}
