import type { AxiosRequestConfig } from 'axios';
import type { NotificationStore } from '../stores/notification-store.interface.js';
import type { KeyMaterial } from '../protocol/rsa-key.js';

/**
 * Options of `WechatPayComplaintModule`: those of one merchant, or `merchants`. They are checked once,
 * at startup; an option that does not exist is an error.
 */
export type WechatPayComplaintModuleOptions = SingleMerchantOptions | SeveralMerchantsOptions;

/** The options of an app with one merchant: its `mchid` and keys beside the options of the app. */
export interface SingleMerchantOptions extends MerchantOptions, SharedOptions {
  merchants?: undefined;
}

/** The options of an app with several merchants. */
export interface SeveralMerchantsOptions extends MerchantDefaults, SharedOptions {
  /** All merchants, or where to look one up when it is needed. */
  merchants: readonly MerchantOptions[] | MerchantSource;
  /**
   * For a MerchantSource: how many merchants are kept in memory. The one that was used least recently
   * makes room, and is looked up again when it is needed. @default 1000
   */
  maxMerchants?: number;
  /**
   * For a MerchantSource: milliseconds for which a merchant that `find` does not know is not looked up
   * again. Strangers choose the mchid in the path of a request. @default 60000
   */
  unknownMerchantCooldown?: number;
  mchid?: undefined;
  serial?: undefined;
  privateKey?: undefined;
  apiV3Key?: undefined;
  platformKeys?: undefined;
}

/** Merchants that are known only at run time, such as those in a database. */
export interface MerchantSource {
  /**
   * The options of a merchant, or undefined if there is no such merchant. Called when a merchant is
   * first needed and after `WechatPayMerchants#invalidate`, once at a time for each mchid. When it
   * rejects, does not respond in time, or returns faulty options, notifications to the merchant are
   * deferred with 503 and calls fail with a `WechatPayMerchantError`.
   *
   * @param mchid up to 64 letters, digits and underscores; strangers can choose it
   */
  find(mchid: string): Promise<MerchantOptions | undefined>;
}

/** Options of a merchant that may be given once for all. A merchant's own options win. */
export interface MerchantDefaults extends Pick<
  MerchantOptions,
  'platformCertificates' | 'baseUrls' | 'allowPrivateCallbackUrls'
> {
  /**
   * URL of the notification route of each merchant: a text in which `{mchid}` stands for the merchant,
   * or a function of the mchid.
   */
  callbackUrl?: string | ((mchid: string) => string);
}

/** Options that belong to one merchant. */
export interface MerchantOptions {
  /** Merchant id (商户号), at most 64 characters. */
  mchid: string;
  /**
   * Serial number of the merchant API certificate (商户API证书序列号) in hexadecimal digits; also as
   * openssl prints it, `serial=5DEA...` or with colons.
   */
  serial: string;
  /** Private key of the merchant API certificate, `apiclient_key.pem`: RSA, at least 2048 bits. */
  privateKey: KeyMaterial;
  /** APIv3 key (APIv3密钥), 32 bytes. WeChat Pay encrypts notifications and certificates with it. */
  apiV3Key: string | Uint8Array;
  /**
   * Keys with which WeChat Pay signs: public keys by `PUB_KEY_ID_...`, platform certificates by
   * serial number. Public-key mode needs one entry, a migration between both kinds several.
   */
  platformKeys?: Readonly<Record<string, KeyMaterial>>;
  /** Download of platform certificates. On by default only without `platformKeys`. */
  platformCertificates?: PlatformCertificatesOptions;
  /**
   * API hosts in order of preference, https (http for loopback hosts only).
   * @default ['https://api.mch.weixin.qq.com', 'https://api2.mch.weixin.qq.com']
   */
  baseUrls?: readonly string[];
  /**
   * URL of the notification route, registered at WeChat Pay after startup and retried until it
   * succeeds. Without it, the app registers the URL itself with `ComplaintNotificationService`.
   * `{mchid}` in it stands for the merchant. That of a merchant that is looked up is not registered
   * by itself: call `forMerchant(mchid).ensure()`.
   */
  callbackUrl?: string;
  /**
   * Accepts callback URLs on loopback and private hosts, over http and with a port: only for
   * development with the simulator. @default false
   */
  allowPrivateCallbackUrls?: boolean;
}

/** Options that belong to the app, whatever the number of its merchants. */
export interface SharedOptions {
  /**
   * Remembers which notifications are being handled and which were handled. With `false` nothing is
   * remembered, and every redelivery reaches the handler.
   * @default a MemoryNotificationStore, which suits apps with a single process
   */
  store?: NotificationStore | false;
  /**
   * Milliseconds until a notification whose handler has died may be handled again. The lease is
   * renewed while the handler runs. @default 60000
   */
  lease?: number;
  /**
   * Milliseconds for which a handled notification is remembered: longer than WeChat Pay redelivers.
   * @default 691200000 (8 days)
   */
  retention?: number;
  /**
   * Milliseconds until a notification is deferred with 503 while its handler goes on. WeChat Pay
   * itself stops waiting after 5 s. @default 4500
   */
  handlerTimeout?: number;
  /**
   * Milliseconds after which the lease of a handler that never settles is no longer renewed. At
   * least `handlerTimeout`, at most a day. @default 900000 (15 minutes)
   */
  handlerLimit?: number;
  /** Milliseconds for which a shutdown waits for running handlers. @default 10000 */
  shutdownTimeout?: number;
  /**
   * Lists the complaints again and again, and gives to the listeners what no notification was handled
   * of: WeChat Pay does not guarantee delivery. Needs a store that remembers complaints. With `false`
   * only `ComplaintReconciler.sweep()` does so, and a creation whose notification arrives after a sweep
   * has found it is handled twice. @default false
   */
  reconciliation?: ReconciliationOptions | false;
  /** When a merchant has to reply and complete, and when `@OnComplaintDeadline()` is called. */
  deadlines?: DeadlineOptions;
  /** Milliseconds for one attempt of a call, including the connection. @default 10000 */
  timeout?: number;
  /** Retries of failed calls that can safely be sent again; `false` turns them off. */
  retry?: RetryOptions | false;
  /**
   * Milliseconds for which calls go to the next of `baseUrls` after a host could not be reached.
   * @default 60000
   */
  failoverCooldown?: number;
  /** Seconds by which a signed timestamp may differ from the clock of this machine. @default 300 */
  clockTolerance?: number;
  /** axios settings for every call, such as `proxy` or `httpsAgent`. Those of a call win. */
  request?: Omit<WechatPayRequestConfig, 'timeout' | 'signal'>;
}

/**
 * GET and PUT are retried after network failures, 5xx, 429 and signature probes. POST and DELETE are
 * retried only when they cannot have taken effect: when no connection was made, and after 429.
 * `respondImmediately` is retried like a GET, because WeChat Pay recognises its retries. Pauses grow
 * exponentially with full jitter and respect `Retry-After`. Every attempt is signed anew.
 */
export interface RetryOptions {
  /** Number of attempts, the first included. @default 3 */
  attempts?: number;
  /** Upper bound of the first pause in milliseconds; it doubles with each attempt. @default 200 */
  baseDelay?: number;
  /** Upper bound of any pause in milliseconds. @default 2000 */
  maxDelay?: number;
  /**
   * Milliseconds for a call with all its attempts and pauses.
   * @default 30000, or `timeout` if that is longer
   */
  deadline?: number;
}

/** All times are in milliseconds. */
export interface ReconciliationOptions {
  /**
   * Between the starts of two sweeps, whichever processes make them. With `false` the app calls
   * `ComplaintReconciler.sweep()` itself, from a cron job for example. @default 600000 (10 minutes)
   */
  interval?: number | false;
  /** How far a sweep looks back, by the time of the complaint. @default 2592000000 (30 days) */
  lookback?: number;
  /** How old something is at least before it counts as lost. @default 900000 (15 minutes) */
  grace?: number;
  /**
   * How many pages of the list all processes together request in any minute, at least 2. Leave some to
   * the app's own calls: WeChat Pay allows 200. @default 200
   */
  listsPerMinute?: number;
  /** The same for negotiation histories. @default 200 */
  historiesPerMinute?: number;
}

/** All times are in milliseconds. */
export interface DeadlineOptions {
  /** From the complaint to the first reply. @default 86400000 (24 hours) */
  firstReply?: number;
  /** From the complaint to its completion. @default 259200000 (72 hours) */
  completion?: number;
  /**
   * How long before a deadline `@OnComplaintDeadline()` is called: at most ten times. Whatever is
   * given, it is also called when the deadline has passed. @default [14400000, 3600000] (4 h and 1 h)
   */
  remind?: readonly number[];
}

/** Download of platform certificates (平台证书) from `/v3/certificates`. */
export interface PlatformCertificatesOptions {
  /** Not needed in public-key mode. */
  download: boolean;
  /**
   * Milliseconds between two downloads, minus up to a tenth at random.
   * @default 43200000 (12 hours, which is also the maximum)
   */
  refreshInterval?: number;
  /**
   * Milliseconds after a download during which unknown serial numbers cause no further download:
   * anybody can send them. Also the longest pause between retries of a failed first download.
   * @default 60000
   */
  unknownSerialCooldown?: number;
}

/**
 * An axios request config without the settings on which signing and verifying depend, such as
 * method, URL, body and how the response is read.
 */
export interface WechatPayRequestConfig extends Omit<
  AxiosRequestConfig,
  | 'url'
  | 'method'
  | 'baseURL'
  | 'allowAbsoluteUrls'
  | 'params'
  | 'paramsSerializer'
  | 'data'
  | 'auth'
  | 'cancelToken'
  | 'adapter'
  | 'transformRequest'
  | 'transformResponse'
  | 'responseType'
  | 'responseEncoding'
  | 'validateStatus'
  | 'maxRedirects'
  | 'maxContentLength'
  | 'headers'
> {
  /** Headers on which signing and verifying depend, such as Authorization, cannot be replaced. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** For `forRootAsync({ useClass })` and `forRootAsync({ useExisting })`. */
export interface WechatPayComplaintOptionsFactory {
  createWechatPayComplaintOptions():
    Promise<WechatPayComplaintModuleOptions> | WechatPayComplaintModuleOptions;
}
