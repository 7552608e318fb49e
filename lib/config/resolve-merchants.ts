import {
  type ConfigurationProblem,
  WechatPayConfigurationError,
} from '../errors/wechatpay-configuration.error.js';
import { callbackUrlProblems } from '../protocol/callback-url.js';
import { errorMessage } from '../utils/error-message.js';
import { isJsonObject, type JsonObject } from '../utils/json.js';
import { typeName } from '../utils/type-name.js';
import {
  checkFlag,
  checkNames,
  checkNumber,
  DAY,
  MINUTE,
  type Report,
  type Unchecked,
} from './option-checks.js';
import {
  fillCallbackUrl,
  isMchid,
  MERCHANT_OPTIONS,
  resolveBaseUrls,
  type ResolvedMerchantOptions,
  resolveMerchantOptions,
  resolvePlatformCertificates,
} from './resolve-merchant-options.js';
import { SHARED_OPTIONS } from './resolve-shared-options.js';
import type {
  MerchantDefaults,
  MerchantOptions,
  MerchantSource,
  SeveralMerchantsOptions,
} from './wechatpay-complaint-options.interface.js';

/** Where merchants are looked up at run time. */
export interface ResolvedMerchantSource {
  /**
   * Looks a merchant up and checks its options.
   *
   * @returns undefined if there is no such merchant
   * @throws whatever the app's `find` throws
   * @throws WechatPayConfigurationError when it returns faulty options, or those of another merchant
   */
  readonly find: (mchid: string) => Promise<ResolvedMerchantOptions | undefined>;
  readonly maxMerchants: number;
  /** Milliseconds. */
  readonly unknownMerchantCooldown: number;
}

/** The option `merchants`: all of them, or where to look one up. */
export type ResolvedMerchants = readonly ResolvedMerchantOptions[] | ResolvedMerchantSource;

const MOST_MERCHANTS = 1_000_000;
/** An mchid to check a template of callback URLs with. */
const SAMPLE_MCHID = '1900000109';

/**
 * Checks the option `merchants` with what belongs to it, and reports the faults of all merchants. Each
 * fault names its merchant.
 *
 * @param now current time in milliseconds since 1970
 */
export function resolveMerchants(
  options: Unchecked<SeveralMerchantsOptions>,
  report: Report,
  now: number,
): ResolvedMerchants {
  const { merchants } = options;
  const defaults = resolveDefaults(options, report);
  const maxMerchants = checkNumber(
    'maxMerchants',
    options.maxMerchants,
    { default: 1000, max: MOST_MERCHANTS, unit: 'merchants' },
    report,
  );
  const unknownMerchantCooldown = checkNumber(
    'unknownMerchantCooldown',
    options.unknownMerchantCooldown,
    { default: MINUTE, max: DAY },
    report,
  );
  if (isMerchantSource(merchants)) {
    return {
      find: async (mchid) => resolveFound(await merchants.find(mchid), mchid, defaults),
      maxMerchants: Math.ceil(maxMerchants),
      unknownMerchantCooldown,
    };
  }
  if (Array.isArray(merchants) && merchants.length > 0) {
    return resolveList(merchants, defaults, report, now);
  }
  report(
    'merchants',
    Array.isArray(merchants) ? 'is an empty list' : `is of type ${typeName(merchants)}`,
    'Give a list of merchants, or { find: (mchid) => ... } to look them up when they are needed.',
  );
  return [];
}

function isMerchantSource(merchants: unknown): merchants is MerchantSource {
  return isJsonObject(merchants) && typeof merchants.find === 'function';
}

function resolveList(
  merchants: readonly unknown[],
  defaults: Unchecked<MerchantDefaults>,
  report: Report,
  now: number,
): ResolvedMerchantOptions[] {
  const positions = new Map<string, number>();
  return merchants.flatMap((merchant, index) => {
    const position = `merchants[${index}]`;
    if (!isJsonObject(merchant)) {
      report(position, `is of type ${typeName(merchant)}`, 'Give the options of a merchant.');
      return [];
    }
    const { mchid } = merchant;
    const owner = isMchid(mchid) ? `merchant ${mchid}` : position;
    const reportOf: Report = (option, problem, fix) => {
      report(`${option} of ${owner}`, problem, fix);
    };
    const first = isMchid(mchid) ? positions.get(mchid) : undefined;
    if (first !== undefined) {
      report(
        `mchid of ${position}`,
        `is ${String(mchid)}, which is that of merchants[${first}] as well`,
        'Keep one of them: a merchant has one entry, with all of its keys.',
      );
      return [];
    }
    if (isMchid(mchid)) positions.set(mchid, index);
    return resolveOne(merchant, defaults, reportOf, now) ?? [];
  });
}

/** @returns undefined if there is a fault, which has been reported */
function resolveOne(
  merchant: JsonObject,
  defaults: Unchecked<MerchantDefaults>,
  report: Report,
  now: number,
): ResolvedMerchantOptions | undefined {
  const given = Object.entries(merchant);
  const misplaced = given.filter(([name]) => name in SHARED_OPTIONS);
  for (const [option] of misplaced) {
    report(option, 'is an option of the app', 'Give it once, beside merchants.');
  }
  const own = Object.fromEntries(given.filter(([name]) => !(name in SHARED_OPTIONS)));
  checkNames('', own, Object.keys(MERCHANT_OPTIONS), report);
  return resolveMerchantOptions(withDefaults(merchant, defaults, report), report, now);
}

/** A merchant of `find` comes from a database, so it is checked as those of the options are. */
function resolveFound(
  found: unknown,
  mchid: string,
  defaults: Unchecked<MerchantDefaults>,
): ResolvedMerchantOptions | undefined {
  if (found === undefined || found === null) return undefined;
  const problems: ConfigurationProblem[] = [];
  const report: Report = (option, problem, fix) => {
    problems.push({ option: `${option} of merchant ${mchid}`, problem, fix });
  };
  if (!isJsonObject(found)) {
    report(
      'What find() returned',
      `is of type ${typeName(found)}`,
      'Return the options, or undefined.',
    );
  } else if (found.mchid !== mchid) {
    report(
      'mchid',
      'is another one in what find() returned',
      'Return the options of that merchant.',
    );
  } else {
    const resolved = resolveOne(found, defaults, report, Date.now());
    if (resolved && problems.length === 0) return resolved;
  }
  throw new WechatPayConfigurationError(problems, `Merchant ${mchid} cannot be used`);
}

/** Checks what is given once for all merchants. What is faulty is reported once, and left out. */
function resolveDefaults(
  options: Unchecked<MerchantDefaults>,
  report: Report,
): Unchecked<MerchantDefaults> {
  const { baseUrls, platformCertificates, allowPrivateCallbackUrls, callbackUrl } = options;
  let faults = 0;
  const counting: Report = (...fault) => {
    faults += 1;
    report(...fault);
  };
  if (baseUrls !== undefined) resolveBaseUrls(baseUrls, counting);
  resolvePlatformCertificates(platformCertificates, false, counting);
  const allowPrivate = checkFlag(
    'allowPrivateCallbackUrls',
    allowPrivateCallbackUrls,
    false,
    counting,
  );
  checkCallbackUrlOfAll(callbackUrl, allowPrivate, counting);
  return faults > 0
    ? {}
    : { baseUrls, platformCertificates, allowPrivateCallbackUrls, callbackUrl };
}

function checkCallbackUrlOfAll(url: unknown, allowPrivate: boolean, report: Report): void {
  if (url === undefined || typeof url === 'function') return;
  const problems = callbackUrlProblems(
    typeof url === 'string' ? fillCallbackUrl(url, SAMPLE_MCHID) : url,
    allowPrivate,
  );
  if (problems.length === 0) return;
  report(
    'callbackUrl',
    problems.join('; '),
    'Give the public https URL of your route, with {mchid} for the merchant, or a function of it.',
  );
}

function withDefaults(
  merchant: Unchecked<MerchantOptions>,
  defaults: Unchecked<MerchantDefaults>,
  report: Report,
): Unchecked<MerchantOptions> {
  const { mchid } = merchant;
  return {
    ...merchant,
    baseUrls: merchant.baseUrls ?? defaults.baseUrls,
    platformCertificates: merchant.platformCertificates ?? defaults.platformCertificates,
    allowPrivateCallbackUrls:
      merchant.allowPrivateCallbackUrls ?? defaults.allowPrivateCallbackUrls,
    callbackUrl: merchant.callbackUrl ?? callbackUrlOf(mchid, defaults, report),
  };
}

function callbackUrlOf(
  mchid: unknown,
  { callbackUrl }: Unchecked<MerchantDefaults>,
  report: Report,
): unknown {
  if (typeof callbackUrl !== 'function') return callbackUrl;
  try {
    return Reflect.apply(callbackUrl, undefined, [mchid]);
  } catch (error) {
    report('callbackUrl', `cannot be made: ${errorMessage(error)}`, 'Correct the function.');
    return undefined;
  }
}
