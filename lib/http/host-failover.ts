import { Logger } from '@nestjs/common';
import { LOGGER_CONTEXT } from '../wechatpay-complaint.constants.js';

/**
 * Chooses the host for each request: the first in the list that is not known to be unreachable. An
 * unreachable host is skipped for a cooldown, after which requests go to it again.
 */
export class HostFailover {
  private readonly logger = new Logger(LOGGER_CONTEXT);
  /** The moment of `performance.now()` until which a host is skipped. */
  private readonly skippedUntil = new Map<string, number>();
  private lastChosen?: string;

  constructor(
    private readonly baseUrls: readonly string[],
    private readonly cooldownInMs: number,
  ) {}

  /** Chooses the host for the next request, and logs when that is the first one again. */
  choose(): string {
    const url = this.current();
    const isBackAtFirst = url === this.baseUrls[0] && url !== this.lastChosen;
    if (this.lastChosen !== undefined && isBackAtFirst) {
      this.logger.log(`Requests go to ${url} again.`);
    }
    this.lastChosen = url;
    return url;
  }

  /** The first host that is not skipped. If all are, the one whose cooldown ends first. */
  current(): string {
    const now = performance.now();
    const skippedUntil = (url: string): number => {
      const end = this.skippedUntil.get(url) ?? 0;
      return end > now ? end : 0;
    };
    return this.baseUrls.reduce((best, url) =>
      skippedUntil(url) < skippedUntil(best) ? url : best,
    );
  }

  /** Skips a host for the cooldown, because a connection to it failed or broke. */
  reportFailure(url: string, code: string): void {
    const wasCurrent = this.current() === url;
    this.skippedUntil.set(url, performance.now() + this.cooldownInMs);
    const next = this.current();
    if (wasCurrent && next !== url) {
      this.logger.warn(
        `${url} cannot be reached (${code}). Requests go to ${next} for the next ${this.cooldownInMs} ms.`,
      );
    }
  }
}
