import type { Environment } from './environment.js';
import { type MerchantEntry, readMerchantFiles } from './merchant-files.js';
import type { Report } from './option-checks.js';
import { findOptionFaults } from './option-faults.js';
import { OPTION_VARIABLES, variableOf } from './option-variables.js';
import { readSharedOptions } from './shared-variables.js';
import type { SeveralMerchantsOptions } from './wechatpay-complaint-options.interface.js';

export const MERCHANTS_PATH = 'WECHATPAY_MERCHANTS_PATH';

/** The variables of a single merchant, which cannot be set beside WECHATPAY_MERCHANTS_PATH. */
const VARIABLES_OF_ONE = [
  'WECHATPAY_MCHID',
  'WECHATPAY_SERIAL',
  'WECHATPAY_API_V3_KEY',
  'WECHATPAY_PRIVATE_KEY',
  'WECHATPAY_PRIVATE_KEY_PATH',
  'WECHATPAY_PUBLIC_KEY_ID',
  'WECHATPAY_PUBLIC_KEY',
  'WECHATPAY_PUBLIC_KEY_PATH',
  'WECHATPAY_PLATFORM_CERTIFICATE',
  'WECHATPAY_PLATFORM_CERTIFICATE_PATH',
];

/**
 * Reads the options of several merchants from a file or a directory. Reports what cannot be read, and
 * the faults that the module would find at startup, each with its file or its variable.
 *
 * @param path the value of WECHATPAY_MERCHANTS_PATH
 */
export function readSeveralMerchants(
  env: Environment,
  path: string,
  report: Report,
): SeveralMerchantsOptions {
  for (const name of VARIABLES_OF_ONE) {
    if (env.isSet(name)) report(name, `and ${MERCHANTS_PATH} are both set`, 'Keep one of them.');
  }
  const unreadable: string[] = [];
  const entries = readMerchantFiles(path, (origin, problem, fix) => {
    unreadable.push(origin);
    report(origin === '' ? MERCHANTS_PATH : `${MERCHANTS_PATH}: ${origin}`, problem, fix);
  });
  const download = env.flag('WECHATPAY_DOWNLOAD_CERTIFICATES');
  const refreshInterval = env.number('WECHATPAY_REFRESH_INTERVAL');
  const options = {
    ...readSharedOptions(env),
    merchants: entries.map(({ options: { platformCertificates, ...merchant } }) => ({
      ...merchant,
      platformCertificates: platformCertificates ?? {
        download: download ?? merchant.platformKeys === undefined,
        refreshInterval,
      },
    })),
  };
  if (unreadable.length === 0 && isFaultless(options, report, entries)) return options;
  return { merchants: [] };
}

function isFaultless(
  options: object,
  report: Report,
  entries: readonly MerchantEntry[],
): options is SeveralMerchantsOptions {
  const faults = findOptionFaults(options);
  for (const { option, problem, fix } of faults) report(placeOf(option, entries), problem, fix);
  return faults.length === 0;
}

/** The variable or the file that an option was read from. */
function placeOf(option: string, entries: readonly MerchantEntry[]): string {
  const variable = variableOf(option, OPTION_VARIABLES);
  if (variable !== undefined) return variable;
  const owner = /^(?<name>.*) of (?:merchants\[(?<index>\d+)\]|merchant (?<mchid>\w+))$/.exec(
    option,
  );
  const { name = '', index, mchid } = owner?.groups ?? {};
  const entry =
    index === undefined
      ? entries.find(({ options }) => mchid !== undefined && options.mchid === mchid)
      : entries[Number(index)];
  return entry ? `${MERCHANTS_PATH}: ${name} in ${entry.origin}` : option;
}
