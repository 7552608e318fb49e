import type { HttpService } from '@nestjs/axios';
import { firstValueFrom } from 'rxjs';
import type { ResolvedOptions } from '../config/resolve-options.js';
import { WechatPayClient } from '../http/wechatpay-client.js';
import { WechatPayTransport } from '../http/wechatpay-transport.js';
import { PlatformCertificates } from '../keys/platform-certificates.js';
import { PlatformKeys } from '../keys/platform-keys.js';
import { findValidKey } from '../protocol/rsa-key.js';

const CERTIFICATES_PATH = '/v3/certificates';

/** Everything that belongs to one merchant. Merchants share nothing but the app. */
export class MerchantContext {
  readonly keys: PlatformKeys;
  readonly client: WechatPayClient;
  /** How many calls and verifications use it at present. */
  private users = 0;
  private isRetired = false;

  /** @param onCertificates is called when certificates have been downloaded */
  constructor(
    readonly options: ResolvedOptions,
    http: HttpService,
    onCertificates?: (merchant: MerchantContext) => void,
  ) {
    const { mchid, platformKeys, apiV3Key, clockTolerance, download } = options;
    const transport = new WechatPayTransport(http, options);
    const certificates =
      download &&
      new PlatformCertificates({
        ...download,
        mchid,
        apiV3Key,
        clockTolerance,
        findPinned: (serial) => findValidKey(platformKeys, serial, Date.now()),
        fetch: (signal) =>
          firstValueFrom(transport.send({ method: 'GET', target: CERTIFICATES_PATH }, { signal })),
        onChange: () => {
          onCertificates?.(this);
        },
      });
    this.keys = new PlatformKeys(platformKeys, certificates);
    this.client = new WechatPayClient(transport, this.keys, clockTolerance);
  }

  get mchid(): string {
    return this.options.mchid;
  }

  /**
   * Begins a use of this merchant, which `release` ends. A use may go on after `retire`.
   *
   * @returns false if it has been retired, so that nobody may begin to use it
   */
  retain(): boolean {
    if (this.isRetired) return false;
    this.users += 1;
    return true;
  }

  release(): void {
    this.users -= 1;
    this.closeIfUnused();
  }

  /** Ends its timers and downloads once those who use it have finished. */
  retire(): void {
    this.isRetired = true;
    this.closeIfUnused();
  }

  /** Ends its timers and downloads at once, for good. To be called on shutdown. */
  close(): void {
    this.isRetired = true;
    this.keys.stop();
  }

  private closeIfUnused(): void {
    if (this.isRetired && this.users === 0) this.keys.stop();
  }
}
