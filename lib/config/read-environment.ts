import { isPublicKeyId } from '../protocol/key-ids.js';
import { PUBLIC_KEY_ID_PREFIX } from '../protocol/constants.js';
import { isPlatformCertificate, parsePlatformKey } from '../protocol/rsa-key.js';
import {
  type ConfigurationProblem,
  WechatPayConfigurationError,
} from '../errors/wechatpay-configuration.error.js';
import { Environment, type PemVariable } from './environment.js';
import { type MerchantEntry, readMerchantFiles } from './merchant-files.js';
import type { Report } from './option-checks.js';
import { resolveOptions } from './resolve-options.js';
import { parseOrReport } from './resolve-platform-keys.js';
import type {
  SeveralMerchantsOptions,
  SingleMerchantOptions,
  WechatPayComplaintModuleOptions,
} from './wechatpay-complaint-options.interface.js';

const VARIABLES: readonly [option: string, variable: string][] = [
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

const MERCHANTS_PATH = 'WECHATPAY_MERCHANTS_PATH';
/** Those of one merchant, which cannot stand beside it. */
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
 * Reads the options from environment variables.
 *
 * @throws WechatPayConfigurationError naming every variable that is missing or unusable
 */
export function readEnvironment(
  variables: Readonly<Record<string, string | undefined>>,
): WechatPayComplaintModuleOptions {
  const problems: ConfigurationProblem[] = [];
  const report: Report = (option, problem, fix) => {
    // Further faults of a variable follow from its first one: what cannot be read is missing, too.
    if (problems.some((reported) => reported.option === option)) return;
    problems.push({ option, problem, fix });
  };
  const env = new Environment(variables, report);
  const path = env.text(MERCHANTS_PATH);
  const options =
    path === undefined ? readSingle(env, report) : readSeveral(env, path, variables, report);
  if (problems.length > 0) throw new WechatPayConfigurationError(problems);
  return options;
}

/** Reports the faults that the module would find at startup, too. */
function readSingle(env: Environment, report: Report): SingleMerchantOptions {
  const mchid = env.required('WECHATPAY_MCHID', 'Set it to the merchant id (商户号).');
  const serial = env.required(
    'WECHATPAY_SERIAL',
    'Set it to the serial number of the merchant API certificate: ' +
      'openssl x509 -in apiclient_cert.pem -noout -serial',
  );
  const apiV3Key = env.required('WECHATPAY_API_V3_KEY', 'Set it to the APIv3密钥.');
  const privateKey = env.pem('WECHATPAY_PRIVATE_KEY');
  if (!privateKey.isSet) {
    report(privateKey.name, 'is not set', 'Set it, or WECHATPAY_PRIVATE_KEY_PATH.');
  }
  const keys = readPlatformKeys(env, report);
  const hasKeys = keys.entries.length > 0;
  const download = env.flag('WECHATPAY_DOWNLOAD_CERTIFICATES');
  if (download === false && !keys.isAnySet) {
    report(
      'WECHATPAY_PUBLIC_KEY',
      'is not set, although WECHATPAY_DOWNLOAD_CERTIFICATES is false',
      'Set it and WECHATPAY_PUBLIC_KEY_ID: both are in the merchant console.',
    );
  }
  const options: SingleMerchantOptions = {
    mchid: mchid ?? '',
    serial: serial ?? '',
    privateKey: privateKey.value ?? '',
    apiV3Key: apiV3Key ?? '',
    platformKeys: hasKeys
      ? Object.fromEntries(keys.entries.map(({ id, value }) => [id, value]))
      : undefined,
    platformCertificates: {
      // Without keys, `false` has been reported above.
      download: hasKeys ? (download ?? false) : true,
      refreshInterval: env.number('WECHATPAY_REFRESH_INTERVAL'),
    },
    ...readCommon(env),
  };

  const names: [option: string, variable: string][] = [
    ['privateKey', privateKey.name],
    ...keys.entries.map(({ id, variable }): [string, string] => [
      `platformKeys['${id}']`,
      variable,
    ]),
    ...VARIABLES,
  ];
  for (const { option, problem, fix } of faultsOf(options)) {
    const [known, variable] = names.find(([name]) => option.startsWith(name)) ?? [option, option];
    report(variable + option.slice(known.length), problem, fix);
  }
  return options;
}

/** What one merchant and all of several have in common. */
function readCommon(
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

/** Reports the faults that the module would find at startup, too: by file, or by variable. */
function readSeveral(
  env: Environment,
  path: string,
  variables: Readonly<Record<string, string | undefined>>,
  report: Report,
): SeveralMerchantsOptions {
  for (const name of VARIABLES_OF_ONE) {
    if (!variables[name]?.trim()) continue;
    report(name, `and ${MERCHANTS_PATH} are both set`, 'Keep one of them.');
  }
  const unreadable: string[] = [];
  const entries = readMerchantFiles(path, (origin, problem, fix) => {
    unreadable.push(origin);
    report(origin === '' ? MERCHANTS_PATH : `${MERCHANTS_PATH}: ${origin}`, problem, fix);
  });
  const download = env.flag('WECHATPAY_DOWNLOAD_CERTIFICATES');
  const refreshInterval = env.number('WECHATPAY_REFRESH_INTERVAL');
  const options = {
    ...readCommon(env),
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
  const faults = faultsOf(options);
  for (const { option, problem, fix } of faults) report(placeOf(option, entries), problem, fix);
  return faults.length === 0;
}

/** The variable or the file that an option was read from. */
function placeOf(option: string, entries: readonly MerchantEntry[]): string {
  const [known, variable] = VARIABLES.find(([name]) => option === name) ?? [];
  if (known !== undefined && variable !== undefined) return variable;
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

interface PlatformKeyVariables {
  /** Whether a variable of a key is set, faulty or not. */
  readonly isAnySet: boolean;
  readonly entries: readonly PlatformKeyEntry[];
}

/** A key that can be read. */
interface PlatformKeyEntry {
  /** Its name in `platformKeys`. */
  readonly id: string;
  readonly variable: string;
  readonly value: string;
}

function readPlatformKeys(env: Environment, report: Report): PlatformKeyVariables {
  const publicKey = env.pem('WECHATPAY_PUBLIC_KEY');
  const certificate = env.pem('WECHATPAY_PLATFORM_CERTIFICATE');
  const id = env.text('WECHATPAY_PUBLIC_KEY_ID');
  const entries = [readPublicKey(publicKey, id, report), readCertificate(certificate, report)];
  return {
    isAnySet: publicKey.isSet || id !== undefined || certificate.isSet,
    entries: entries.filter((entry) => entry !== undefined),
  };
}

function readPublicKey(
  { name, isSet, value }: PemVariable,
  id: string | undefined,
  report: Report,
): PlatformKeyEntry | undefined {
  if (!isSet && id === undefined) return undefined;
  if (!isSet) report(name, 'is not set', 'Set it, or WECHATPAY_PUBLIC_KEY_PATH.');
  const isIdFine = id !== undefined && isPublicKeyId(id.toUpperCase());
  if (!isIdFine) {
    report(
      'WECHATPAY_PUBLIC_KEY_ID',
      id === undefined ? 'is not set' : 'is not the id of a WeChat Pay public key',
      `Set it to the whole 公钥ID of the merchant console, which begins with ${PUBLIC_KEY_ID_PREFIX}.`,
    );
  }
  if (value === undefined) return undefined;
  const key = parseOrReport(name, () => parsePlatformKey(value), report);
  if (key && isPlatformCertificate(key)) {
    report(name, 'is a platform certificate', 'Set WECHATPAY_PLATFORM_CERTIFICATE to it.');
    return undefined;
  }
  return key && isIdFine ? { id, variable: name, value } : undefined;
}

/** A certificate is named by its own serial number, so that nobody has to copy that. */
function readCertificate(
  { name, value }: PemVariable,
  report: Report,
): PlatformKeyEntry | undefined {
  if (value === undefined) return undefined;
  const key = parseOrReport(name, () => parsePlatformKey(value), report);
  if (!key) return undefined;
  if (isPlatformCertificate(key)) return { id: key.serial, variable: name, value };
  report(name, 'is a public key', 'Set WECHATPAY_PUBLIC_KEY to it.');
  return undefined;
}

/** The faults that the module would find at startup. */
function faultsOf(options: object): readonly ConfigurationProblem[] {
  try {
    resolveOptions(options);
    return [];
  } catch (error) {
    if (error instanceof WechatPayConfigurationError) return error.problems;
    throw error;
  }
}
