import type { HttpService } from '@nestjs/axios';
import { firstValueFrom } from 'rxjs';
import { PlatformCertificates } from '../keys/platform-certificates.js';
import { PlatformKeys } from '../keys/platform-keys.js';
import type { ResolvedOptions } from '../config/resolve-options.js';
import { MemoryNotificationStore } from '../stores/memory-notification-store.js';
import type { NotificationStore } from '../stores/notification-store.interface.js';
import { findValidKey } from '../protocol/rsa-key.js';
import { WechatPayClient } from '../http/wechatpay-client.js';
import { WechatPayTransport } from '../http/wechatpay-transport.js';

const CERTIFICATES_PATH = '/v3/certificates';

/** Everything that belongs to one merchant. Nothing of it is shared, nothing of it is global. */
export class MerchantContext {
  readonly keys: PlatformKeys;
  readonly client: WechatPayClient;
  /** Undefined when nothing is to be remembered. */
  readonly store?: NotificationStore;

  constructor(
    readonly options: ResolvedOptions,
    http: HttpService,
  ) {
    const { platformKeys, apiV3Key, clockTolerance, download } = options;
    const transport = new WechatPayTransport(http, options);
    const certificates =
      download &&
      new PlatformCertificates({
        ...download,
        apiV3Key,
        clockTolerance,
        findPinned: (serial) => findValidKey(platformKeys, serial, Date.now()),
        fetch: (signal) =>
          firstValueFrom(transport.send({ method: 'GET', target: CERTIFICATES_PATH }, { signal })),
      });
    this.store =
      options.store === false ? undefined : (options.store ?? new MemoryNotificationStore());
    this.keys = new PlatformKeys(platformKeys, certificates);
    this.client = new WechatPayClient(transport, this.keys, clockTolerance);
  }

  get mchid(): string {
    return this.options.mchid;
  }

  /** To be called on shutdown, after the last handler. */
  async close(): Promise<void> {
    this.keys.stop();
    await this.store?.close?.();
  }
}
