import { setTimeout as delay } from 'node:timers/promises';
import {
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { firstValueFrom } from 'rxjs';
import { ComplaintNotificationService } from './complaint-notification.service.js';
import { MerchantContext } from '../merchant/merchant-context.js';
import { LOGGER_CONTEXT } from '../wechatpay-complaint.constants.js';

/** Milliseconds. */
const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 5 * 60 * 1000;

/**
 * Registers the option `callbackUrl` once the app is up, and again until it succeeds. The app starts
 * whether it does or not: WeChat Pay being away is no reason for a shop to be.
 */
@Injectable()
export class CallbackUrlRegistrar implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(LOGGER_CONTEXT);
  private readonly aborter = new AbortController();

  constructor(
    private readonly merchant: MerchantContext,
    private readonly notifications: ComplaintNotificationService,
  ) {}

  onApplicationBootstrap(): void {
    const { callbackUrl } = this.merchant.options;
    if (callbackUrl !== undefined) void this.register(callbackUrl);
  }

  onModuleDestroy(): void {
    this.aborter.abort();
  }

  private isStopped(): boolean {
    return this.aborter.signal.aborted;
  }

  /** Never rejects. */
  private async register(url: string): Promise<void> {
    const { signal } = this.aborter;
    for (let pause = FIRST_PAUSE; !this.isStopped(); pause = Math.min(pause * 2, LONGEST_PAUSE)) {
      try {
        const { outcome } = await firstValueFrom(this.notifications.ensure({ url }, { signal }));
        this.logger.log(`Callback URL ${url}: ${outcome}`);
        return;
      } catch (error) {
        if (this.isStopped()) return;
        // Many instances may have started together; none of them should come again with the others.
        const wait = Math.round(pause * (0.5 + Math.random() / 2));
        this.logger.error(
          `Callback URL ${url} is not registered, trying again in ${wait} ms: ${String(error)}`,
        );
        await delay(wait, undefined, { signal, ref: false }).catch(() => undefined);
      }
    }
  }
}
