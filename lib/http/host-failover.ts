import { Logger } from '@nestjs/common';
import { LOGGER_CONTEXT } from '../wechatpay-complaint.constants.js';

/**
 * Which of the ordered hosts to call: the first that is not known to be out of reach. A host that
 * could not be reached is passed over for a cooldown; then the first has its chance again.
 */
export class HostFailover {
  private readonly logger = new Logger(LOGGER_CONTEXT);
  /** Until when, by `performance.now()`, a host is passed over. */
  private readonly passedOver = new Map<string, number>();

  private last?: string;

  constructor(
    private readonly baseUrls: readonly string[],
    /** Milliseconds. */
    private readonly cooldown: number,
  ) {}

  /** The host for the next request. */
  choose(): string {
    const url = this.current();
    if (this.last !== undefined && this.last !== url && url === this.baseUrls[0]) {
      this.logger.log(`${url} is used again.`);
    }
    this.last = url;
    return url;
  }

  /** With all of them out of reach, the one that has been so for the longest time. */
  current(): string {
    const now = performance.now();
    const until = (url: string): number => {
      const end = this.passedOver.get(url) ?? 0;
      return end > now ? end : 0;
    };
    return this.baseUrls.reduce((best, url) => (until(url) < until(best) ? url : best));
  }

  /** To be called when no connection came about, or it broke. */
  reportFailure(url: string, code: string): void {
    const wasCurrent = this.current() === url;
    this.passedOver.set(url, performance.now() + this.cooldown);
    const next = this.current();
    if (wasCurrent && next !== url) {
      this.logger.warn(
        `${url} cannot be reached (${code}): ${next} is used for ${this.cooldown} ms.`,
      );
    }
  }
}
