import { createSecretKey, type KeyObject } from 'node:crypto';
import { callbackUrlProblems, isLoopbackHost } from '../protocol/callback-url.js';
import { DEFAULT_BASE_URLS, OVERSEAS_HOST } from '../protocol/constants.js';
import { claimsToBePublicKeyId, isPublicKeyId, readSerial } from '../protocol/key-ids.js';
import { parsePrivateKey, type PlatformKey } from '../protocol/rsa-key.js';
import type { ConfigurationProblem } from '../errors/wechatpay-configuration.error.js';
import {
  checkFlag,
  checkGroup,
  checkNumber,
  describe,
  HOUR,
  isQuoted,
  MINUTE,
  type Report,
  type Unchecked,
} from './option-checks.js';
import { type OwnKeys, parseOrReport, resolvePlatformKeys } from './resolve-platform-keys.js';
import type {
  MerchantOptions,
  PlatformCertificatesOptions,
} from './wechatpay-complaint-options.interface.js';

/** "At least every 12 hours", says the documentation. */
const MAX_REFRESH_INTERVAL = 12 * HOUR;
const API_V3_KEY_BYTES = 32;
const PLATFORM_CERTIFICATES: Readonly<Record<keyof PlatformCertificatesOptions, true>> = {
  download: true,
  refreshInterval: true,
  unknownSerialCooldown: true,
};

/** What `{mchid}` in a callback URL stands for. */
const MCHID_PLACEHOLDER = '{mchid}';

/** Names of the options of a merchant. */
export const MERCHANT_OPTIONS: Readonly<Record<keyof MerchantOptions, true>> = {
  mchid: true,
  serial: true,
  privateKey: true,
  apiV3Key: true,
  platformKeys: true,
  platformCertificates: true,
  baseUrls: true,
  callbackUrl: true,
  allowPrivateCallbackUrls: true,
};

/** The options of one merchant: checked, complete and parsed. */
export interface ResolvedMerchantOptions {
  readonly mchid: string;
  /** Hexadecimal digits in upper case. */
  readonly serial: string;
  readonly privateKey: KeyObject;
  readonly apiV3Key: KeyObject;
  /** By serial number or `PUB_KEY_ID_...`, in upper case. */
  readonly platformKeys: ReadonlyMap<string, PlatformKey>;
  /**
   * Sent as `Wechatpay-Serial`, which makes WeChat Pay sign responses with that key. Merchants in
   * public-key mode must send it. Without it, responses are signed with a platform certificate.
   */
  readonly publicKeyId?: string;
  /** Undefined if no certificates are downloaded. */
  readonly download?: Readonly<Required<Omit<PlatformCertificatesOptions, 'download'>>>;
  readonly baseUrls: readonly string[];
  readonly callbackUrl?: string;
  readonly allowPrivateCallbackUrls: boolean;
  /** Faults that do not keep the merchant from working. */
  readonly warnings: readonly ConfigurationProblem[];
}

/**
 * Checks the options of one merchant and reports every fault.
 *
 * @param now current time in milliseconds since 1970
 * @returns undefined if a key is faulty, which has been reported
 */
export function resolveMerchantOptions(
  options: Unchecked<MerchantOptions>,
  report: Report,
  now: number,
): ResolvedMerchantOptions | undefined {
  const mchid = resolveMchid(options.mchid, report);
  const serial = resolveSerial(options.serial, report);
  const privateKey = parseOrReport('privateKey', () => parsePrivateKey(options.privateKey), report);
  const apiV3Key = resolveApiV3Key(options.apiV3Key, report);
  const { platformKeys, download, warnings } = resolveKeys(
    options,
    { serial, privateKey, now },
    report,
  );
  const baseUrls = resolveBaseUrls(options.baseUrls ?? DEFAULT_BASE_URLS, report);
  const allowPrivateCallbackUrls = checkFlag(
    'allowPrivateCallbackUrls',
    options.allowPrivateCallbackUrls,
    false,
    report,
  );
  const callbackUrl = resolveCallbackUrl(
    options.callbackUrl,
    allowPrivateCallbackUrls,
    mchid,
    report,
  );
  if (!privateKey || !apiV3Key) return undefined;
  return {
    mchid,
    serial,
    privateKey,
    apiV3Key,
    platformKeys,
    publicKeyId: [...platformKeys.keys()].find(isPublicKeyId),
    download,
    baseUrls,
    callbackUrl,
    allowPrivateCallbackUrls,
    warnings,
  };
}

/** Whether a text has the form of a merchant id. */
export function isMchid(mchid: unknown): mchid is string {
  return typeof mchid === 'string' && /^\w{1,64}$/.test(mchid);
}

function resolveMchid(mchid: unknown, report: Report): string {
  if (isMchid(mchid)) return mchid;
  report(
    'mchid',
    describe(mchid, 'is not a merchant id'),
    'Give the 商户号 of the merchant console: up to 64 letters and digits, as a string.',
  );
  return '';
}

function resolveSerial(text: unknown, report: Report): string {
  const fix =
    'Give the serial number of the merchant API certificate: ' +
    'openssl x509 -in apiclient_cert.pem -noout -serial';
  const serial = typeof text === 'string' ? readSerial(text) : undefined;
  if (serial !== undefined) return serial;
  report(
    'serial',
    typeof text === 'string' && claimsToBePublicKeyId(text)
      ? 'is the id of a WeChat Pay public key, which belongs in platformKeys'
      : describe(text, 'is not a hexadecimal serial number'),
    fix,
  );
  return '';
}

function resolveApiV3Key(key: unknown, report: Report): KeyObject | undefined {
  const fix = 'Give the APIv3密钥 that was set in the merchant console (账户中心 > API安全).';
  if (typeof key !== 'string' && !(key instanceof Uint8Array)) {
    report('apiV3Key', describe(key, 'is not a string or Buffer'), fix);
    return undefined;
  }
  const bytes = typeof key === 'string' ? Buffer.from(key) : key;
  if (bytes.length === API_V3_KEY_BYTES) return createSecretKey(bytes);
  report(
    'apiV3Key',
    `has ${bytes.length} bytes, ${API_V3_KEY_BYTES} are needed`,
    howToTrim(Buffer.from(bytes).toString()) + fix,
  );
  return undefined;
}

function howToTrim(key: string): string {
  if (isQuoted(key)) return 'Remove the quotes around it. ';
  return key.trim() === key ? '' : 'Remove the white space around it. ';
}

/** Checks the option `platformCertificates`. */
export function resolvePlatformCertificates(
  options: unknown,
  isDownloadedByDefault: boolean,
  report: Report,
): Required<PlatformCertificatesOptions> {
  const certificates = checkGroup(
    'platformCertificates',
    options,
    Object.keys(PLATFORM_CERTIFICATES),
    report,
  );
  return {
    download: checkFlag(
      'platformCertificates.download',
      certificates.download,
      isDownloadedByDefault,
      report,
    ),
    refreshInterval: checkNumber(
      'platformCertificates.refreshInterval',
      certificates.refreshInterval,
      { default: MAX_REFRESH_INTERVAL, max: MAX_REFRESH_INTERVAL },
      report,
    ),
    unknownSerialCooldown: checkNumber(
      'platformCertificates.unknownSerialCooldown',
      certificates.unknownSerialCooldown,
      { default: MINUTE, max: MAX_REFRESH_INTERVAL },
      report,
    ),
  };
}

type Keys = Pick<ResolvedMerchantOptions, 'platformKeys' | 'download' | 'warnings'>;

function resolveKeys(
  { platformKeys, platformCertificates }: Unchecked<MerchantOptions>,
  own: OwnKeys,
  report: Report,
): Keys {
  const { download: isDownloaded, ...download } = resolvePlatformCertificates(
    platformCertificates,
    platformKeys === undefined,
    report,
  );
  const entries = checkGroup('platformKeys', platformKeys, undefined, report);
  const { keys, expired } = resolvePlatformKeys(entries, own, report);
  const isAnyUsable = isDownloaded || keys.size > expired.length;
  if (!isAnyUsable) {
    for (const { option, problem, fix } of expired) report(option, problem, fix);
    if (Object.keys(entries).length === 0) {
      report(
        'platformKeys',
        'holds no key, and the download of certificates is off',
        'Give the WeChat Pay public key by its PUB_KEY_ID_..., or set platformCertificates.download.',
      );
    }
  }
  return {
    platformKeys: keys,
    download: isDownloaded ? download : undefined,
    warnings: isAnyUsable ? expired : [],
  };
}

/** The callback URL of a merchant, from a template in which `{mchid}` stands for the merchant. */
export function fillCallbackUrl(template: string, mchid: string): string {
  return template.replaceAll(MCHID_PLACEHOLDER, mchid);
}

function resolveCallbackUrl(
  template: unknown,
  allowPrivate: boolean,
  mchid: string,
  report: Report,
): string | undefined {
  if (template === undefined) return undefined;
  const url = typeof template === 'string' ? fillCallbackUrl(template, mchid) : template;
  const isText = typeof url === 'string';
  const problems =
    isText && isQuoted(url) ? ['has quotes around it'] : callbackUrlProblems(url, allowPrivate);
  if (isText && problems.length === 0) return url;
  report('callbackUrl', problems.join('; '), 'Give the public https URL of your route.');
  return undefined;
}

export function resolveBaseUrls(baseUrls: unknown, report: Report): string[] {
  if (Array.isArray(baseUrls) && baseUrls.length > 0) {
    return baseUrls.map((url: unknown, index) => resolveBaseUrl(url, `baseUrls[${index}]`, report));
  }
  report(
    'baseUrls',
    'is not a list with at least one URL',
    `Remove it to use ${DEFAULT_BASE_URLS.join(', ')}.`,
  );
  return [];
}

function resolveBaseUrl(text: unknown, option: string, report: Report): string {
  const problem = (url: URL | undefined): string | undefined => {
    if (!url || !/^https?:$/.test(url.protocol)) return 'is not an absolute https URL';
    if (url.hostname === OVERSEAS_HOST) return 'is for overseas merchants, whose API differs';
    if (url.protocol === 'http:' && !isLoopbackHost(url.hostname)) {
      return 'uses http, which is accepted for loopback hosts only';
    }
    // A path would be signed and the request rejected. The rest would be dropped silently.
    if (url.href !== `${url.origin}/`) return 'has a path, query, fragment or credentials';
    return undefined;
  };
  const url = typeof text === 'string' && URL.canParse(text) ? new URL(text) : undefined;
  const fault = problem(url);
  if (fault === undefined && url) return url.origin;
  report(option, fault ?? '', `Give scheme and host only, such as ${DEFAULT_BASE_URLS[0]}.`);
  return '';
}
