import type { AxiosRequestConfig } from 'axios';
import type { NotificationStore } from '../stores/notification-store.interface.js';
import type { KeyMaterial } from '../protocol/rsa-key.js';

/** Options of `WechatPayComplaintModule`. All of them are checked once, when the app boots. */
export interface WechatPayComplaintModuleOptions {
  /** Merchant id (商户号), at most 64 characters. */
  mchid: string;
  /** Serial number, in hex, of the *merchant* API certificate (商户API证书序列号). */
  serial: string;
  /** Private key of the merchant API certificate, `apiclient_key.pem`: RSA, 2048 bits or more. */
  privateKey: KeyMaterial;
  /** APIv3 key (APIv3密钥): 32 bytes. Notifications and certificates are encrypted with it. */
  apiV3Key: string | Uint8Array;
  /**
   * Keys that WeChat Pay signs with, by `PUB_KEY_ID_...` (a public key) or by serial number (a
   * platform certificate). One entry for public-key mode, several during a migration.
   */
  platformKeys?: Readonly<Record<string, KeyMaterial>>;
  /** Download of platform certificates; on by itself only when `platformKeys` is absent. */
  platformCertificates?: PlatformCertificatesOptions;
  /**
   * Ordered API hosts, https (http for loopback only).
   * @default ['https://api.mch.weixin.qq.com', 'https://api2.mch.weixin.qq.com']
   */
  baseUrls?: readonly string[];
  /** Milliseconds until one attempt of a call is given up, connection included. @default 10000 */
  timeout?: number;
  /** Sending calls again that failed and may be repeated safely; `false` for never. */
  retry?: RetryOptions | false;
  /**
   * Milliseconds for which a host that could not be reached is passed over in favour of the next of
   * `baseUrls`. @default 60000
   */
  failoverCooldown?: number;
  /** Seconds that a signed timestamp may lie in the past or the future. @default 300 */
  clockTolerance?: number;
  /**
   * URL to register at WeChat Pay when the app starts (`ensure`), tried until it succeeds. Without
   * it, registering is up to you.
   */
  callbackUrl?: string;
  /**
   * Lets `create`, `update` and `ensure` register a URL on a loopback or private host, over http
   * and with a port: for development against the simulator only. @default false
   */
  allowPrivateCallbackUrls?: boolean;
  /**
   * Where it is remembered which notifications are being handled and which were. `false` turns this
   * off: every repetition then reaches the handler.
   * @default a MemoryNotificationStore, which suits a single process
   */
  store?: NotificationStore | false;
  /**
   * Milliseconds after which a notification whose handler has died may be handled again. Prolonged
   * while the handler runs. @default 60000
   */
  lease?: number;
  /**
   * Milliseconds for which a handled notification is remembered: longer than WeChat Pay repeats
   * one. @default 691200000 (8 days)
   */
  retention?: number;
  /**
   * Milliseconds after which WeChat Pay is told to come again, with 503, while the handler goes on:
   * WeChat Pay itself gives up after 5 s. @default 4500
   */
  handlerTimeout?: number;
  /**
   * Milliseconds after which the lease of a handler that is still running is no longer renewed, so that
   * a redelivery can run it again. @default 900000 (15 minutes)
   */
  handlerLimit?: number;
  /** Milliseconds that a shutdown waits for running handlers. @default 10000 */
  shutdownTimeout?: number;
  /** axios settings for every call, such as `proxy` or `httpsAgent`; those of one call win. */
  request?: Omit<WechatPayRequestConfig, 'timeout' | 'signal'>;
}

/**
 * GET and PUT are sent again after network failures, 5xx, 429 and probes; POST and DELETE only when
 * they cannot have taken effect: after failures to connect, and 429. `respondImmediately` counts as
 * a GET, for WeChat Pay recognises its repetitions. Pauses grow exponentially, with full jitter, and
 * heed `Retry-After`. Every attempt is signed anew.
 */
export interface RetryOptions {
  /** How often a call is sent at most. @default 3 */
  attempts?: number;
  /** Milliseconds: the first pause is up to this long, each further one up to twice that. @default 200 */
  baseDelay?: number;
  /** Milliseconds that a pause lasts at most. @default 2000 */
  maxDelay?: number;
  /** Milliseconds for a call with all attempts and pauses. @default 30000, or `timeout` where that is longer */
  deadline?: number;
}

export interface PlatformCertificatesOptions {
  /** Fetch platform certificates from `/v3/certificates`. Needless in public-key mode. */
  download: boolean;
  /** Milliseconds between two downloads, up to a tenth less by chance. @default 43200000 (12 h, also the maximum) */
  refreshInterval?: number;
  /**
   * Milliseconds after a download in which an unknown serial does not cause another one: anybody
   * can send unknown serials. @default 60000
   */
  unknownSerialCooldown?: number;
}

/**
 * An axios request config without what signing and verifying depend on: method, URL, body, and how
 * the answer is read stay with the client.
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
  /** Those that signing and verifying depend on, such as Authorization, stay as they are. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** For `forRootAsync({ useClass })` and `useExisting`. */
export interface WechatPayComplaintOptionsFactory {
  createWechatPayComplaintOptions():
    Promise<WechatPayComplaintModuleOptions> | WechatPayComplaintModuleOptions;
}
