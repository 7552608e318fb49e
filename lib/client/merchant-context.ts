import type { HttpService } from '@nestjs/axios';
import { firstValueFrom } from 'rxjs';
import { PlatformCertificates } from '../keys/platform-certificates.js';
import { PlatformKeys } from '../keys/platform-keys.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import { findValidKey } from '../protocol/rsa-key.js';
import { WechatPayClient } from './wechatpay-client.js';
import { WechatPayTransport } from './wechatpay-transport.js';

const CERTIFICATES_PATH = '/v3/certificates';

/** Everything that belongs to one merchant. Nothing of it is shared, nothing of it is global. */
export class MerchantContext {
  readonly keys: PlatformKeys;
  readonly client: WechatPayClient;

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
    this.keys = new PlatformKeys(platformKeys, certificates);
    this.client = new WechatPayClient(transport, this.keys, clockTolerance);
  }

  get mchid(): string {
    return this.options.mchid;
  }

  /** To be called on shutdown. */
  stop(): void {
    this.keys.stop();
  }
}
