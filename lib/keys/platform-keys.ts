import type { KeyObject } from 'node:crypto';
import { PUBLIC_KEY_ID_PREFIX } from '../protocol/constants.js';
import { findValidKey, type PlatformKey } from '../protocol/rsa-key.js';
import { settlesWithin } from '../utils/settles-within.js';
import { SignatureRejection } from '../protocol/signature-rejection.js';
import type { PlatformCertificates } from './platform-certificates.js';

/**
 * The keys with which WeChat Pay signs for one merchant: those of the options, and, where
 * downloading is on, those of `/v3/certificates`.
 */
export class PlatformKeys {
  constructor(
    private readonly pinned: ReadonlyMap<string, PlatformKey>,
    private readonly certificates?: PlatformCertificates,
  ) {}

  /** What is known at this moment: no I/O. */
  find(serial: string): KeyObject | undefined {
    return findValidKey(this.pinned, serial, Date.now()) ?? this.certificates?.find(serial);
  }

  /**
   * The key of a serial, after a download where that can help.
   *
   * @param patience milliseconds that the caller can wait for the download; it goes on after that
   * @throws SignatureRefusal UNKNOWN_SERIAL
   */
  async get(serial: string, patience = Infinity): Promise<KeyObject> {
    let key = this.find(serial);
    if (!key && !serial.startsWith(PUBLIC_KEY_ID_PREFIX)) {
      const refresh = this.certificates?.refreshForUnknownSerial() ?? Promise.resolve();
      if (patience === Infinity) await refresh;
      else await settlesWithin(refresh, patience);
      key = this.find(serial);
    }
    if (!key) throw new SignatureRejection('UNKNOWN_SERIAL', this.unknown(serial));
    return key;
  }

  stop(): void {
    this.certificates?.stop();
  }

  private unknown(serial: string): string {
    const known = this.pinned.size > 0 ? [...this.pinned.keys()].join(', ') : 'none';
    return (
      `Wechatpay-Serial ${serial} is not among the platform keys (given: ${known}; ` +
      `certificate download: ${this.certificates ? 'on' : 'off'}). ` +
      (this.certificates?.isEmpty()
        ? 'No certificate could be downloaded yet; the log says why.'
        : 'A forgery or a probe, a key missing from platformKeys, or one that has expired.')
    );
  }
}
