import { Controller, Get, Module } from '@nestjs/common';
import { HealthCheck, HealthCheckService, TerminusModule } from '@nestjs/terminus';
import { WechatPayComplaintHealth } from 'nestjs-wechatpay-complaint';
import { WechatPayComplaintInstrumentation } from 'nestjs-wechatpay-complaint/opentelemetry';
import { WechatPayComplaintHealthIndicator } from 'nestjs-wechatpay-complaint/terminus';

// #region terminus
@Controller()
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly complaints: WechatPayComplaintHealthIndicator,
  ) {}

  @Get('health')
  @HealthCheck()
  check() {
    return this.health.check([() => this.complaints.isHealthy('complaints')]);
  }
}

@Module({
  imports: [TerminusModule],
  controllers: [HealthController],
  providers: [WechatPayComplaintHealthIndicator],
})
export class HealthModule {}
// #endregion terminus

// #region health
@Controller()
export class OwnHealthController {
  constructor(private readonly complaints: WechatPayComplaintHealth) {}

  @Get('health')
  check() {
    return this.complaints.check(); // { status, problems, store, merchants }
  }
}
// #endregion health

/** Of @opentelemetry/sdk-node. */
declare class NodeSDK {
  constructor(options: { readonly instrumentations: readonly unknown[] });
  start(): void;
}

export function startTelemetry(): void {
  // #region opentelemetry
  new NodeSDK({ instrumentations: [new WechatPayComplaintInstrumentation()] }).start();
  // #endregion opentelemetry
}
