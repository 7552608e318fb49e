import { Injectable } from '@nestjs/common';
import { type HealthIndicatorResult, HealthIndicatorService } from '@nestjs/terminus';
import {
  type ComplaintHealthOptions,
  WechatPayComplaintHealth,
} from '../health/wechatpay-complaint.health.js';

/**
 * Health of `WechatPayComplaintModule` for `@nestjs/terminus`. Add it to the providers of the module
 * with your health controller, which has to see `WechatPayComplaintModule`.
 *
 * ```ts
 * @Get('health')
 * @HealthCheck()
 * check() {
 *   return this.health.check([() => this.complaints.isHealthy('complaints')]);
 * }
 * ```
 */
@Injectable()
export class WechatPayComplaintHealthIndicator {
  constructor(
    private readonly indicators: HealthIndicatorService,
    private readonly health: WechatPayComplaintHealth,
  ) {}

  /** Down, up or, with Terminus 12, degraded. With Terminus 11, up with `problems` is what is degraded. */
  async isHealthy<const Key extends string>(
    key: Key,
    options?: ComplaintHealthOptions,
  ): Promise<HealthIndicatorResult<Key>> {
    const { status, ...details } = await this.health.check(options);
    const session = this.indicators.check(key);
    if (status === 'down') return session.down(details);
    if (status === 'degraded' && 'degraded' in session) return session.degraded(details);
    return session.up(details);
  }
}
