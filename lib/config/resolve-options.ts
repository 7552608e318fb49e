import { createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';
import { callbackUrlProblems, isLoopbackHost } from '../protocol/callback-url.js';
import { DEFAULT_BASE_URLS, OVERSEAS_HOST, PUBLIC_KEY_ID_PREFIX } from '../protocol/constants.js';
import { isJsonObject } from '../utils/json.js';
import { typeName } from '../utils/type-name.js';
import {
  KeyMaterialError,
  parsePlatformKey,
  parsePrivateKey,
  type PlatformKey,
} from '../protocol/rsa-key.js';
import type { NotificationStore } from '../stores/notification-store.interface.js';
import {
  type ConfigurationProblem,
  WechatPayConfigurationError,
} from '../errors/wechatpay-configuration.error.js';
import type {
  PlatformCertificatesOptions,
  RetryOptions,
  WechatPayComplaintModuleOptions,
  WechatPayRequestConfig,
} from './wechatpay-complaint-options.interface.js';

/** Milliseconds. */
export const MAX_TIMEOUT = 600_000;
/** Milliseconds for a call with all its attempts. */
const DEADLINE = 30_000;
/** "At least every 12 hours", says the documentation. */
const MAX_REFRESH_INTERVAL = 12 * 60 * 60 * 1000;
const API_V3_KEY_LENGTH = 32;
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** The options after the boot check: complete and parsed. */
export interface ResolvedOptions {
  readonly mchid: string;
  readonly serial: string;
  readonly privateKey: KeyObject;
  readonly apiV3Key: KeyObject;
  readonly platformKeys: ReadonlyMap<string, PlatformKey>;
  /**
   * What to send as `Wechatpay-Serial`, which asks WeChat Pay to answer with that key. Merchants in
   * public-key mode must send it; without one, answers come signed with a certificate.
   */
  readonly publicKeyId?: string;
  /** Undefined when nothing is to be downloaded, ever. */
  readonly download?: Readonly<Required<Omit<PlatformCertificatesOptions, 'download'>>>;
  readonly baseUrls: readonly string[];
  readonly timeout: number;
  readonly retry: Readonly<Required<RetryOptions>>;
  readonly failoverCooldown: number;
  readonly clockTolerance: number;
  readonly callbackUrl?: string;
  readonly allowPrivateCallbackUrls: boolean;
  /** Undefined for the default one. */
  readonly store?: NotificationStore | false;
  readonly lease: number;
  readonly retention: number;
  readonly handlerTimeout: number;
  readonly handlerLimit: number;
  readonly shutdownTimeout: number;
  readonly request: WechatPayRequestConfig;
}

/**
 * Checks every option and parses every key.
 *
 * @throws WechatPayConfigurationError listing all faults together
 */
export function resolveOptions(
  options: WechatPayComplaintModuleOptions | null | undefined,
  now = Date.now(),
): ResolvedOptions {
  const problems: ConfigurationProblem[] = [];
  const report: Report = (option, problem, fix) => {
    problems.push({ option, problem, fix });
  };
  if (options == null) {
    report(
      'options',
      'are missing',
      'Import WechatPayComplaintModule.forRoot(options) or forRootAsync(), once (with isGlobal: true ' +
        'where several modules need it), never the bare class; a factory has to return an object.',
    );
    throw new WechatPayConfigurationError(problems);
  }
  /** A number above zero. Absent it is the fallback; null is a fault. */
  const number = (
    option: string,
    fallback: number,
    max: number,
    value = fallback,
    unit = 'milliseconds',
  ): number => {
    if (!(typeof value === 'number' && value > 0 && value <= max)) {
      report(
        option,
        typeof value === 'number' ? `is ${value}` : `is of type ${typeName(value)}`,
        `Give a number of ${unit} above 0 and up to ${max}.`,
      );
    }
    return value;
  };

  const mchid = resolveMchid(options.mchid, report);
  const serial = resolveSerial(options.serial, report);
  const privateKey = parseKey('privateKey', () => parsePrivateKey(options.privateKey), report);
  const apiV3Key = resolveApiV3Key(options.apiV3Key, report);
  const platformKeys = resolvePlatformKeys(options, { serial, privateKey, now }, report);

  const certificates: Partial<PlatformCertificatesOptions> = options.platformCertificates ?? {};
  const { download = options.platformKeys === undefined } = certificates;
  checkFlag('platformCertificates.download', download, report);
  const downloadSettings = {
    refreshInterval: number(
      'platformCertificates.refreshInterval',
      MAX_REFRESH_INTERVAL,
      MAX_REFRESH_INTERVAL,
      certificates.refreshInterval,
    ),
    unknownSerialCooldown: number(
      'platformCertificates.unknownSerialCooldown',
      MINUTE,
      MAX_REFRESH_INTERVAL,
      certificates.unknownSerialCooldown,
    ),
  };
  if (!download && Object.keys(options.platformKeys ?? {}).length === 0) {
    report(
      'platformKeys',
      'holds no key, and downloading certificates is off',
      'Give the WeChat Pay public key by its PUB_KEY_ID_..., or set platformCertificates.download.',
    );
  }

  const { allowPrivateCallbackUrls = false, callbackUrl, store, request = {} } = options;
  checkFlag('allowPrivateCallbackUrls', allowPrivateCallbackUrls, report);
  checkCallbackUrl(callbackUrl, allowPrivateCallbackUrls, report);
  checkStore(store, report);
  if (typeName(request) !== 'object') {
    report('request', `is of type ${typeName(request)}`, 'Give an axios request config.');
  }
  const baseUrls = resolveBaseUrls(options.baseUrls ?? DEFAULT_BASE_URLS, report);
  const retry: RetryOptions = options.retry === false ? { attempts: 1 } : (options.retry ?? {});
  if (typeName(retry) !== 'object') {
    report('retry', `is of type ${typeName(retry)}`, 'Give false, or an object with its settings.');
  } else if (!Number.isInteger(retry.attempts ?? 1) && Number.isFinite(retry.attempts)) {
    report('retry.attempts', `is ${retry.attempts}`, 'Give a whole number.');
  }
  const timeout = number('timeout', 10_000, MAX_TIMEOUT, options.timeout);
  const numbers = {
    timeout,
    clockTolerance: number('clockTolerance', 300, 3600, options.clockTolerance, 'seconds'),
    retry: {
      attempts: number('retry.attempts', 3, 100, retry.attempts, 'attempts'),
      baseDelay: number('retry.baseDelay', 200, MAX_TIMEOUT, retry.baseDelay),
      maxDelay: number('retry.maxDelay', 2000, MAX_TIMEOUT, retry.maxDelay),
      deadline: number('retry.deadline', deadlineFor(timeout), MAX_TIMEOUT, retry.deadline),
    },
    failoverCooldown: number('failoverCooldown', MINUTE, DAY, options.failoverCooldown),
    lease: number('lease', MINUTE, DAY, options.lease),
    retention: number('retention', 8 * DAY, 366 * DAY, options.retention),
    handlerTimeout: number('handlerTimeout', 4500, MAX_TIMEOUT, options.handlerTimeout),
    handlerLimit: number('handlerLimit', 15 * MINUTE, DAY, options.handlerLimit),
    shutdownTimeout: number('shutdownTimeout', 10_000, MAX_TIMEOUT, options.shutdownTimeout),
  };

  if (problems.length > 0 || !privateKey || !apiV3Key) {
    throw new WechatPayConfigurationError(problems);
  }
  return Object.freeze({
    ...numbers,
    mchid,
    serial,
    privateKey,
    apiV3Key,
    platformKeys,
    publicKeyId: [...platformKeys.keys()].find((id) => id.startsWith(PUBLIC_KEY_ID_PREFIX)),
    download: download ? downloadSettings : undefined,
    baseUrls,
    callbackUrl,
    allowPrivateCallbackUrls,
    store,
    request,
  });
}

/** Unless one is given: whoever allows an attempt more time than usual means it to have that. */
function deadlineFor(timeout: number): number {
  const isLonger = Number.isFinite(timeout) && timeout > DEADLINE && timeout <= MAX_TIMEOUT;
  return isLonger ? timeout : DEADLINE;
}

type Report = (option: string, problem: string, fix: string) => void;

/** Runs a parser; a fault becomes a report and undefined. */
function parseKey<T>(option: string, parser: () => T, report: Report): T | undefined {
  try {
    return parser();
  } catch (error) {
    if (!(error instanceof KeyMaterialError)) throw error;
    report(option, error.problem, error.fix);
    return undefined;
  }
}

/** Text, as from an environment variable, would be true whatever it says. */
function checkFlag(option: string, value: unknown, report: Report): void {
  if (typeof value !== 'boolean') {
    report(option, `is of type ${typeName(value)}`, 'Give true or false.');
  }
}

function checkCallbackUrl(url: unknown, allowPrivate: boolean, report: Report): void {
  const faults = url === undefined ? [] : callbackUrlProblems(url, allowPrivate);
  if (faults.length > 0) {
    report('callbackUrl', faults.join('; '), 'Give the public https URL of your route.');
  }
}

function checkStore(store: unknown, report: Report): void {
  if (store === undefined || store === false) return;
  const methods = ['claim', 'renew', 'complete', 'release'];
  if (isJsonObject(store) && methods.every((name) => typeof store[name] === 'function')) return;
  report(
    'store',
    `is of type ${typeName(store)}, without the methods of a NotificationStore`,
    'Give false, or an instance such as new RedisNotificationStore(...).',
  );
}

function resolvePlatformKeys(
  { platformKeys }: WechatPayComplaintModuleOptions,
  own: { serial: string; privateKey: KeyObject | undefined; now: number },
  report: Report,
): Map<string, PlatformKey> {
  const resolved = new Map<string, PlatformKey>();
  Object.entries(platformKeys ?? {}).forEach(([name, material], index) => {
    const id = name.trim().toUpperCase();
    // A name that can be no name may be key material, by name and value exchanged.
    const option = /^[\w ]{0,100}$/.test(name)
      ? `platformKeys['${name}']`
      : `platformKeys[${index}]`;
    const parsed = parseKey(option, () => parsePlatformKey(material), report);
    if (!parsed) return;
    const fault = platformKeyFault(id, parsed, own);
    if (fault) report(option, ...fault);
    else if (resolved.has(id)) report(option, 'is given twice', 'Keep one of the entries.');
    else resolved.set(id, parsed);
  });
  return resolved;
}

function resolveMchid(mchid: unknown, report: Report): string {
  if (typeof mchid === 'string' && /^\w{1,64}$/.test(mchid)) return mchid;
  report(
    'mchid',
    describe(mchid, 'is not a merchant id'),
    'Give the 商户号 of the merchant console: up to 64 letters and digits, as a string.',
  );
  return '';
}

function resolveSerial(serial: unknown, report: Report): string {
  const fix =
    'Give the serial number of the merchant API certificate: ' +
    'openssl x509 -in apiclient_cert.pem -noout -serial';
  if (typeof serial === 'string' && serial.trim().toUpperCase().startsWith(PUBLIC_KEY_ID_PREFIX)) {
    report('serial', 'is the id of a WeChat Pay public key, which belongs into platformKeys', fix);
  } else if (typeof serial !== 'string' || !/^\s*[0-9a-f]{1,64}\s*$/i.test(serial)) {
    report('serial', describe(serial, 'is not a hexadecimal serial number'), fix);
  } else {
    return serial.trim().toUpperCase();
  }
  return '';
}

function resolveApiV3Key(key: unknown, report: Report): KeyObject | undefined {
  const fix = 'It is the APIv3密钥 that was set in the merchant console (账户中心 > API安全).';
  if (typeof key !== 'string' && !(key instanceof Uint8Array)) {
    report('apiV3Key', describe(key, 'is not a string or Buffer'), fix);
    return undefined;
  }
  const bytes = Buffer.from(key as string);
  if (bytes.length === API_V3_KEY_LENGTH) return createSecretKey(bytes);
  const hint = /^\s|\s$/.test(bytes.toString()) ? ' It begins or ends with white space.' : '';
  report('apiV3Key', `has ${bytes.length} bytes, ${API_V3_KEY_LENGTH} are needed`, fix + hint);
  return undefined;
}

function platformKeyFault(
  id: string,
  parsed: PlatformKey & { serial?: string },
  own: { serial: string; privateKey: KeyObject | undefined; now: number },
): [problem: string, fix: string] | undefined {
  const isCertificate = parsed.serial !== undefined;
  const isOwnSerial = own.serial !== '' && id === own.serial;
  if (isOwnSerial || (own.privateKey && isPairOf(parsed.key, own.privateKey))) {
    return [
      "is the merchant's own certificate or key",
      "Only WeChat Pay's keys belong here: 微信支付公钥 or 平台证书 of the merchant console.",
    ];
  }
  if (/^PUB_KEY_ID_\w{1,53}$/.test(id)) {
    return isCertificate
      ? [
          'holds a certificate under the id of a public key',
          `Give pub_key.pem, or name the entry by the certificate's serial ${parsed.serial}.`,
        ]
      : undefined;
  }
  if (!/^[0-9A-F]{1,64}$/.test(id)) {
    return [
      'is named neither by PUB_KEY_ID_... nor by a hexadecimal serial number',
      'Name it by the 公钥ID of the merchant console, or by the serial of the certificate.',
    ];
  }
  if (isCertificate && parsed.serial !== id) {
    return [
      `holds the certificate with serial ${parsed.serial}`,
      'Name the entry by that serial, or give the certificate that belongs to this one.',
    ];
  }
  if (parsed.expiresAt !== undefined && parsed.expiresAt <= own.now) {
    return [
      `holds a certificate that expired on ${new Date(parsed.expiresAt).toISOString()}`,
      'Remove it, and give the present one.',
    ];
  }
  return undefined;
}

function isPairOf(publicKey: KeyObject, privateKey: KeyObject): boolean {
  return createPublicKey(privateKey).equals(publicKey);
}

function resolveBaseUrls(baseUrls: unknown, report: Report): string[] {
  if (!Array.isArray(baseUrls) || baseUrls.length === 0) {
    report(
      'baseUrls',
      'is not a list with at least one URL',
      `Leave it out for ${DEFAULT_BASE_URLS.join(', ')}.`,
    );
    return [];
  }
  return baseUrls.map((text: unknown, index) => {
    const url = typeof text === 'string' && URL.canParse(text) ? new URL(text) : undefined;
    const fix = `Give scheme and host only, such as ${DEFAULT_BASE_URLS[0]}.`;
    if (url?.hostname === OVERSEAS_HOST) {
      report(`baseUrls[${index}]`, 'is for overseas merchants, whose paths are others', fix);
    }
    if (!url || !/^https?:$/.test(url.protocol)) {
      report(`baseUrls[${index}]`, 'is not an absolute https URL', fix);
      return '';
    }
    if (url.protocol === 'http:' && !isLoopbackHost(url.hostname)) {
      report(`baseUrls[${index}]`, 'uses http, which is for loopback hosts only', fix);
    } else if (url.href !== `${url.origin}/`) {
      // A path before /v3 would be signed, and refused; the rest would be dropped unseen.
      report(`baseUrls[${index}]`, 'has a path, query, fragment or credentials', fix);
    }
    return url.origin;
  });
}

function describe(value: unknown, otherwise: string): string {
  if (value === undefined || value === '') return 'is missing';
  return typeof value === 'string' ? otherwise : `${otherwise} (it is of type ${typeName(value)})`;
}
