import { createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';
import { callbackUrlProblems, isLoopbackHost } from '../protocol/callback-url.js';
import { isJsonObject } from '../protocol/json.js';
import { kindOf } from '../protocol/kind-of.js';
import {
  KeyMaterialError,
  parsePlatformKey,
  parsePrivateKey,
  type PlatformKey,
} from '../protocol/rsa-key.js';
import type { NotificationStore } from '../store/notification-store.interface.js';
import {
  type ConfigurationProblem,
  WechatPayConfigurationError,
} from './wechatpay-configuration.error.js';
import type {
  PlatformCertificatesOptions,
  RetryOptions,
  WechatPayComplaintModuleOptions,
  WechatPayRequestConfig,
} from './wechatpay-complaint-options.interface.js';

/** Ids of WeChat Pay public keys (微信支付公钥ID) begin with this; serial numbers are hex. */
export const PUBLIC_KEY_ID_PREFIX = 'PUB_KEY_ID_';

const DEFAULT_BASE_URLS = ['https://api.mch.weixin.qq.com', 'https://api2.mch.weixin.qq.com'];
const DEFAULT_TIMEOUT = 10_000;
/** Milliseconds. */
export const MAX_TIMEOUT = 600_000;
const DEFAULT_RETRY = { attempts: 3, baseDelay: 200, maxDelay: 2000, deadline: 30_000 };
const DEFAULT_CLOCK_TOLERANCE = 300;
/** "At least every 12 hours", says the documentation. */
const MAX_REFRESH_INTERVAL = 12 * 60 * 60 * 1000;
const DEFAULT_UNKNOWN_SERIAL_COOLDOWN = 60_000;
const API_V3_KEY_LENGTH = 32;
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const DEFAULT_LEASE = MINUTE;
const DEFAULT_RETENTION = 8 * DAY;
const DEFAULT_HANDLER_TIMEOUT = 4500;
const DEFAULT_SHUTDOWN_TIMEOUT = 10_000;

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
  const report = (option: string, problem: string, fix: string): void => {
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

  /** Runs a parser; a fault becomes a report and undefined. */
  const parse = <T>(option: string, parser: () => T): T | undefined => {
    try {
      return parser();
    } catch (error) {
      if (!(error instanceof KeyMaterialError)) throw error;
      report(option, error.problem, error.fix);
      return undefined;
    }
  };
  const isNumber = (option: string, value: unknown, max: number, unit: string): boolean => {
    if (typeof value === 'number' && value > 0 && value <= max) return true;
    report(
      option,
      typeof value === 'number' ? `is ${value}` : `is of type ${kindOf(value)}`,
      `Give a number of ${unit} above 0 and up to ${max}.`,
    );
    return false;
  };

  const mchid = resolveMchid(options.mchid, report);
  const serial = resolveSerial(options.serial, report);
  const privateKey = parse('privateKey', () => parsePrivateKey(options.privateKey));
  const apiV3Key = resolveApiV3Key(options.apiV3Key, report);

  const platformKeys = new Map<string, PlatformKey>();
  for (const [index, [name, material]] of Object.entries(options.platformKeys ?? {}).entries()) {
    const id = name.trim().toUpperCase();
    // A name that can be no name may be key material, by name and value exchanged.
    const option = /^[\w ]{0,100}$/.test(name)
      ? `platformKeys['${name}']`
      : `platformKeys[${index}]`;
    const parsed = parse(option, () => parsePlatformKey(material));
    if (!parsed) continue;
    const fault = platformKeyFault(id, parsed, {
      serial,
      privateKey,
      now,
    });
    if (fault) report(option, ...fault);
    else if (platformKeys.has(id)) report(option, 'is given twice', 'Keep one of the entries.');
    else platformKeys.set(id, parsed);
  }

  const {
    download = options.platformKeys === undefined,
    refreshInterval = MAX_REFRESH_INTERVAL,
    unknownSerialCooldown = DEFAULT_UNKNOWN_SERIAL_COOLDOWN,
  } = options.platformCertificates ?? {};
  if (typeof download !== 'boolean') {
    report(
      'platformCertificates.download',
      `is of type ${kindOf(download)}`,
      'Give true or false.',
    );
  }
  isNumber(
    'platformCertificates.refreshInterval',
    refreshInterval,
    MAX_REFRESH_INTERVAL,
    'milliseconds',
  );
  isNumber(
    'platformCertificates.unknownSerialCooldown',
    unknownSerialCooldown,
    MAX_REFRESH_INTERVAL,
    'milliseconds',
  );
  if (!download && Object.keys(options.platformKeys ?? {}).length === 0) {
    report(
      'platformKeys',
      'holds no key, and downloading certificates is off',
      'Give the WeChat Pay public key by its PUB_KEY_ID_..., or set platformCertificates.download.',
    );
  }

  const { allowPrivateCallbackUrls = false, request = {} } = options;
  if (typeof allowPrivateCallbackUrls !== 'boolean') {
    // Text from an environment variable would be true whatever it says.
    report(
      'allowPrivateCallbackUrls',
      `is of type ${kindOf(allowPrivateCallbackUrls)}`,
      'Give true or false.',
    );
  }
  const { callbackUrl } = options;
  if (callbackUrl !== undefined) {
    const faults = callbackUrlProblems(callbackUrl, allowPrivateCallbackUrls);
    if (faults.length > 0) {
      report('callbackUrl', faults.join('; '), 'Give the public https URL of your route.');
    }
  }
  if (kindOf(request) !== 'object') {
    report('request', `is of type ${kindOf(request)}`, 'Give an axios request config.');
  }
  const baseUrls = resolveBaseUrls(options.baseUrls ?? DEFAULT_BASE_URLS, report);
  const { timeout = DEFAULT_TIMEOUT, clockTolerance = DEFAULT_CLOCK_TOLERANCE } = options;
  const {
    attempts = DEFAULT_RETRY.attempts,
    baseDelay = DEFAULT_RETRY.baseDelay,
    maxDelay = DEFAULT_RETRY.maxDelay,
    deadline = DEFAULT_RETRY.deadline,
  } = options.retry === false ? { attempts: 1 } : (options.retry ?? {});
  const retry = { attempts, baseDelay, maxDelay, deadline };
  isNumber('retry.attempts', retry.attempts, 100, 'attempts');
  isNumber('retry.baseDelay', retry.baseDelay, MAX_TIMEOUT, 'milliseconds');
  isNumber('retry.maxDelay', retry.maxDelay, MAX_TIMEOUT, 'milliseconds');
  isNumber('retry.deadline', retry.deadline, MAX_TIMEOUT, 'milliseconds');
  const { failoverCooldown = MINUTE } = options;
  isNumber('failoverCooldown', failoverCooldown, DAY, 'milliseconds');
  isNumber('timeout', timeout, MAX_TIMEOUT, 'milliseconds');
  isNumber('clockTolerance', clockTolerance, 3600, 'seconds');

  const {
    store,
    lease = DEFAULT_LEASE,
    retention = DEFAULT_RETENTION,
    handlerTimeout = DEFAULT_HANDLER_TIMEOUT,
    shutdownTimeout = DEFAULT_SHUTDOWN_TIMEOUT,
  } = options;
  if (store !== undefined && store !== false && !isStore(store)) {
    report(
      'store',
      `is of type ${kindOf(store)}, without the methods of a NotificationStore`,
      'Give false, or an instance such as new RedisNotificationStore(...).',
    );
  }
  isNumber('lease', lease, DAY, 'milliseconds');
  isNumber('retention', retention, 366 * DAY, 'milliseconds');
  isNumber('handlerTimeout', handlerTimeout, 10 * MINUTE, 'milliseconds');
  isNumber('shutdownTimeout', shutdownTimeout, 10 * MINUTE, 'milliseconds');

  if (problems.length > 0 || !privateKey || !apiV3Key)
    throw new WechatPayConfigurationError(problems);
  return Object.freeze({
    mchid,
    serial,
    privateKey,
    apiV3Key,
    platformKeys,
    publicKeyId: [...platformKeys.keys()].find((id) => id.startsWith(PUBLIC_KEY_ID_PREFIX)),
    download: download ? { refreshInterval, unknownSerialCooldown } : undefined,
    baseUrls,
    timeout,
    retry,
    failoverCooldown,
    clockTolerance,
    callbackUrl,
    allowPrivateCallbackUrls,
    store,
    lease,
    retention,
    handlerTimeout,
    shutdownTimeout,
    request,
  });
}

function isStore(value: unknown): value is NotificationStore {
  return (
    isJsonObject(value) &&
    ['claim', 'renew', 'complete', 'release'].every((name) => typeof value[name] === 'function')
  );
}

type Report = (option: string, problem: string, fix: string) => void;

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
  return typeof value === 'string' ? otherwise : `${otherwise} (it is of type ${kindOf(value)})`;
}
