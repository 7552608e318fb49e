import type { KeyObject } from 'node:crypto';
import { PUBLIC_KEY_ID_PREFIX } from '../protocol/constants.js';
import { findValidKey, isValidAt, type PlatformKey } from '../protocol/rsa-key.js';
import { WechatPayPlatformKeyError } from '../errors/wechatpay-platform-key.error.js';
import { settlesWithin } from '../utils/settles-within.js';
import { SignatureRejection } from '../protocol/signature-rejection.js';
import type { PlatformCertificates } from './platform-certificates.js';

/**
 * The keys with which WeChat Pay signs for one merchant: those of the options and, if download is on,
 * those of `/v3/certificates`.
 */
export class PlatformKeys {
  constructor(
    private readonly pinned: ReadonlyMap<string, PlatformKey>,
    private readonly certificates?: PlatformCertificates,
  ) {}

  /** The key with this serial number or id, if it is known and has not expired. No I/O. */
  find(serial: string): KeyObject | undefined {
    return findValidKey(this.pinned, serial, Date.now()) ?? this.certificates?.find(serial);
  }

  /**
   * The key with this serial number or id, after a download if that can help.
   *
   * @param patience milliseconds to wait for the download, which goes on after that
   * @throws SignatureRejection UNKNOWN_SERIAL
   */
  async get(serial: string, patience = Infinity): Promise<KeyObject> {
    let key = this.find(serial);
    if (!key && this.certificates && !isPublicKey(serial)) {
      await waitAtMost(patience, this.certificates.refreshForUnknownSerial());
      key = this.find(serial);
    }
    if (!key) throw new SignatureRejection('UNKNOWN_SERIAL', this.whyUnknown(serial));
    return key;
  }

  /**
   * Makes sure that there is a key to verify a response with, by a download if needed.
   *
   * @param request method and path of the request that waits, for the error
   * @param patience milliseconds to wait for the download, which goes on after that
   * @throws WechatPayPlatformKeyError
   */
  async require(request: string, patience = Infinity): Promise<void> {
    if (this.hasValid()) return;
    if (this.certificates) await waitAtMost(patience, this.certificates.refresh());
    if (this.hasValid()) return;
    throw this.whyNoKey(request);
  }

  /** Downloads certificates, if there are none yet and download is on. Never rejects. */
  async downloadFirst(): Promise<void> {
    if (this.certificates?.hasValid() === false) await this.certificates.refreshForUnknownSerial();
  }

  /** Every key with its serial number or id; expired ones too. */
  *entries(): Generator<[serial: string, key: PlatformKey], void, undefined> {
    yield* this.pinned;
    if (this.certificates) yield* this.certificates.entries();
  }

  /** How the download of certificates goes. Undefined if it is off. */
  get download(): Pick<PlatformCertificates, 'lastFailure' | 'lastSuccess'> | undefined {
    return this.certificates;
  }

  stop(): void {
    this.certificates?.stop();
  }

  private hasValid(): boolean {
    const now = Date.now();
    return (
      [...this.pinned.values()].some((key) => isValidAt(key, now)) ||
      this.certificates?.hasValid() === true
    );
  }

  private whyNoKey(request: string): WechatPayPlatformKeyError {
    const { certificates } = this;
    if (!certificates) {
      const reason = 'Every certificate in platformKeys has expired; give its successor.';
      return new WechatPayPlatformKeyError(request, reason);
    }
    if (certificates.isDownloading()) {
      return new WechatPayPlatformKeyError(request, 'Certificates are still being downloaded.');
    }
    const failure = certificates.lastFailure();
    if (!failure) return new WechatPayPlatformKeyError(request, 'The app is shutting down.');
    const reason = `Downloading platform certificates failed: ${failure.reason}`;
    return new WechatPayPlatformKeyError(request, reason, failure.cause);
  }

  private whyUnknown(serial: string): string {
    const ids = [...this.pinned.keys(), ...(this.certificates?.serials() ?? [])];
    const known = `known: ${ids.length > 0 ? ids.join(', ') : 'none'}`;
    if (isPublicKey(serial)) {
      return (
        `Wechatpay-Serial ${serial} is a WeChat Pay public key that is not among the platform keys ` +
        `(${known}). If the merchant console shows this 公钥ID, add the key to the option platformKeys, ` +
        'or set WECHATPAY_PUBLIC_KEY_ID and WECHATPAY_PUBLIC_KEY. Otherwise the message is a forgery ' +
        'or a signature probe.'
      );
    }
    return (
      `Wechatpay-Serial ${serial} is not among the platform keys (${known}; certificate download: ` +
      `${this.certificates ? 'on' : 'off'}). ${this.whyNoCertificate(serial)}`
    );
  }

  private whyNoCertificate(serial: string): string {
    const expiresAt = this.pinned.get(serial)?.expiresAt;
    if (expiresAt !== undefined) {
      const date = new Date(expiresAt).toISOString();
      return `That certificate in platformKeys expired on ${date}; give its successor.`;
    }
    if (this.certificates?.hasValid() === false) {
      if (this.certificates.isDownloading()) return 'Certificates are still being downloaded.';
      if (this.certificates.lastFailure()) {
        return 'No certificate could be downloaded yet; the log says why.';
      }
    }
    return 'The message is a forgery or a signature probe, or a key is missing from platformKeys.';
  }
}

function isPublicKey(serial: string): boolean {
  return serial.startsWith(PUBLIC_KEY_ID_PREFIX);
}

/** Longest time that a timer of Node can wait, in milliseconds. */
const LONGEST_TIMER = 2 ** 31 - 1;

async function waitAtMost(milliseconds: number, work: Promise<void>): Promise<void> {
  if (milliseconds > LONGEST_TIMER) await work;
  else await settlesWithin(work, milliseconds);
}
