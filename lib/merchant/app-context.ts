import { Logger } from '@nestjs/common';
import { type ResolvedModuleOptions, resolveOptions } from '../config/resolve-options.js';
import type { ResolvedSharedOptions } from '../config/resolve-shared-options.js';
import type { WechatPayComplaintModuleOptions } from '../config/wechatpay-complaint-options.interface.js';
import { MemoryNotificationStore } from '../stores/memory-notification-store.js';
import type { NotificationStore } from '../stores/notification-store.interface.js';
import { errorMessage } from '../utils/error-message.js';
import { settlesWithin } from '../utils/settles-within.js';
import { LOGGER_CONTEXT } from '../wechatpay-complaint.constants.js';

/** Milliseconds that a shutdown waits for the store to close. */
const CLOSE_TIMEOUT = 1000;

/** What the merchants of an app share: its options, and the store of handled notifications. */
export class AppContext {
  /** Undefined if nothing is remembered. */
  readonly store?: NotificationStore;

  private constructor(
    /** Those of the app and those of its merchants. */
    readonly resolved: ResolvedModuleOptions,
  ) {
    const { store } = resolved.shared;
    this.store = store === false ? undefined : (store ?? new MemoryNotificationStore());
  }

  /** The options of the app. */
  get options(): ResolvedSharedOptions {
    return this.resolved.shared;
  }

  /**
   * Checks all options. If they are faulty, a store that has connected already is closed, so that its
   * connection does not keep the process alive.
   *
   * @throws WechatPayConfigurationError
   */
  static async create(
    options: WechatPayComplaintModuleOptions | null | undefined,
  ): Promise<AppContext> {
    try {
      return new AppContext(resolveOptions(options));
    } catch (error) {
      if (options?.store) await closeStore(options.store);
      throw error;
    }
  }

  /** To be called on shutdown, after the last handler. Never rejects, and waits for a second at most. */
  async close(): Promise<void> {
    if (this.store) await closeStore(this.store);
  }
}

/** A store of the app may do anything. It must not keep the app from shutting down. */
async function closeStore(store: NotificationStore): Promise<void> {
  const logger = new Logger(LOGGER_CONTEXT);
  try {
    const closed = store.close?.() ?? Promise.resolve();
    if (await settlesWithin(closed, CLOSE_TIMEOUT)) await closed;
    else logger.warn(`The notification store has not closed within ${CLOSE_TIMEOUT} ms.`);
  } catch (error) {
    logger.warn(`The notification store could not be closed: ${errorMessage(error)}`);
  }
}
