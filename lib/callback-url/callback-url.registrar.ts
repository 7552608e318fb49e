import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import {
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { firstValueFrom } from 'rxjs';
import { MerchantRegistry } from '../merchant/merchant-registry.js';
import { ConcurrencyLimit } from '../utils/concurrency-limit.js';
import { errorMessage } from '../utils/error-message.js';
import { LOGGER_CONTEXT } from '../wechatpay-complaint.constants.js';
import {
  ComplaintNotificationService,
  type EnsuredComplaintNotification,
} from './complaint-notification.service.js';

/** Milliseconds. */
const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 5 * 60 * 1000;
const MERCHANTS_AT_ONCE = 4;

/** How the registration of a merchant's callback URL goes. */
export interface CallbackUrlRegistration {
  readonly url: string;
  /** When it was found or made the registered one. Undefined as long as it was not. */
  readonly registeredAt?: Date;
  /** Why the last attempt failed. */
  readonly failure?: string;
}

/**
 * Registers the option `callbackUrl` of each merchant that is known at startup, in the background once
 * the app has started, and tries again until it succeeds or the app stops. WeChat Pay being unreachable
 * does not keep an app from starting.
 */
@Injectable()
export class CallbackUrlRegistrar implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(LOGGER_CONTEXT);
  private readonly aborter = new AbortController();
  private readonly limit = new ConcurrencyLimit(MERCHANTS_AT_ONCE);
  private readonly registrations = new Map<string, CallbackUrlRegistration>();

  constructor(
    private readonly registry: MerchantRegistry,
    private readonly notifications: ComplaintNotificationService,
  ) {}

  onApplicationBootstrap(): void {
    // Every registration that waits listens to the signal, so that many listeners are no leak.
    setMaxListeners(0, this.aborter.signal);
    for (const { mchid, options } of this.registry.list()) {
      if (options.callbackUrl !== undefined) void this.register(mchid, options.callbackUrl);
    }
  }

  onModuleDestroy(): void {
    this.aborter.abort();
  }

  /** Undefined for a merchant without the option. */
  registrationOf(mchid: string): CallbackUrlRegistration | undefined {
    return this.registrations.get(mchid);
  }

  private isStopped(): boolean {
    return this.aborter.signal.aborted;
  }

  /** Never rejects. */
  private async register(mchid: string, url: string): Promise<void> {
    const { signal } = this.aborter;
    const notifications = this.notifications.forMerchant(mchid);
    this.registrations.set(mchid, { url });
    for (let pause = FIRST_PAUSE; !this.isStopped(); pause = Math.min(pause * 2, LONGEST_PAUSE)) {
      try {
        const result = await this.limit.run(async () =>
          this.isStopped() ? undefined : firstValueFrom(notifications.ensure({ url }, { signal })),
        );
        if (!result) return;
        this.registrations.set(mchid, { url, registeredAt: new Date() });
        this.report(mchid, result);
        return;
      } catch (error) {
        if (this.isStopped()) return;
        this.registrations.set(mchid, { url, failure: errorMessage(error) });
        // Jitter: instances that started together should not retry together.
        const wait = Math.round(pause * (0.5 + Math.random() / 2));
        this.logger.error(
          `Callback URL ${url} of merchant ${mchid} could not be registered. ` +
            `Trying again in ${wait} ms. ${errorMessage(error)}`,
        );
        await delay(wait, undefined, { signal, ref: false }).catch(() => undefined);
      }
    }
  }

  private report(mchid: string, result: EnsuredComplaintNotification): void {
    const { url, outcome } = result;
    const line = `Callback URL ${url}: ${outcome} for merchant ${mchid}.`;
    if (outcome !== 'updated') {
      this.logger.log(line);
      return;
    }
    this.logger.warn(
      `${line} It replaced ${result.previous_url}, which receives no more notifications. If another ` +
        'deployment uses that URL, give it a merchant of its own: a merchant has one callback URL.',
    );
  }
}
