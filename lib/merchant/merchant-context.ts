import type { HttpService } from '@nestjs/axios';
import { Logger } from '@nestjs/common';
import { firstValueFrom } from 'rxjs';
import { type ResolvedOptions, resolveOptions } from '../config/resolve-options.js';
import type { WechatPayComplaintModuleOptions } from '../config/wechatpay-complaint-options.interface.js';
import { WechatPayClient } from '../http/wechatpay-client.js';
import { WechatPayTransport } from '../http/wechatpay-transport.js';
import { describeKeyMode } from '../keys/key-mode.js';
import { PlatformCertificates } from '../keys/platform-certificates.js';
import { PlatformKeys } from '../keys/platform-keys.js';
import { findValidKey } from '../protocol/rsa-key.js';
import { MemoryNotificationStore } from '../stores/memory-notification-store.js';
import type { NotificationStore } from '../stores/notification-store.interface.js';
import { errorMessage } from '../utils/error-message.js';
import { settlesWithin } from '../utils/settles-within.js';
import { LOGGER_CONTEXT } from '../wechatpay-complaint.constants.js';

const CERTIFICATES_PATH = '/v3/certificates';
/** Milliseconds that a shutdown waits for the store to close. */
const CLOSE_TIMEOUT = 1000;

/** Everything that belongs to one merchant. Merchants share nothing. */
export class MerchantContext {
  readonly keys: PlatformKeys;
  readonly client: WechatPayClient;
  /** Undefined if nothing is remembered. */
  readonly store?: NotificationStore;

  constructor(
    readonly options: ResolvedOptions,
    http: HttpService,
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
      });
    this.store =
      options.store === false ? undefined : (options.store ?? new MemoryNotificationStore());
    this.keys = new PlatformKeys(platformKeys, certificates);
    this.client = new WechatPayClient(transport, this.keys, clockTolerance);
    logStart(options);
  }

  get mchid(): string {
    return this.options.mchid;
  }

  /**
   * Checks the options of the app and composes the merchant. If they are faulty, a store that has
   * connected already is closed, so that its connection does not keep the process alive.
   *
   * @throws WechatPayConfigurationError
   */
  static async create(
    options: WechatPayComplaintModuleOptions | null | undefined,
    http: HttpService,
  ): Promise<MerchantContext> {
    try {
      return new MerchantContext(resolveOptions(options), http);
    } catch (error) {
      if (options?.store) await closeStore(options.store);
      throw error;
    }
  }

  /** To be called on shutdown, after the last handler. Never rejects, and waits for a second at most. */
  async close(): Promise<void> {
    this.keys.stop();
    if (this.store) await closeStore(this.store);
  }
}

const logger = new Logger(LOGGER_CONTEXT);

function logStart(options: ResolvedOptions): void {
  const { mchid, warnings } = options;
  logger.log(`Key mode of merchant ${mchid}: ${describeKeyMode(options)}`);
  for (const { option, problem, fix } of warnings) {
    logger.warn(`Options of merchant ${mchid}: ${option} ${problem}. ${fix}`);
  }
}

/** A store of the app may do anything. It must not keep the app from shutting down. */
async function closeStore(store: NotificationStore): Promise<void> {
  try {
    const closed = store.close?.() ?? Promise.resolve();
    if (await settlesWithin(closed, CLOSE_TIMEOUT)) await closed;
    else logger.warn(`The notification store has not closed within ${CLOSE_TIMEOUT} ms.`);
  } catch (error) {
    logger.warn(`The notification store could not be closed: ${errorMessage(error)}`);
  }
}
