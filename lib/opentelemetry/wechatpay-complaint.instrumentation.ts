import { metrics, type MeterProvider, trace, type TracerProvider } from '@opentelemetry/api';
import { VERSION } from '../version.js';
import { CallTelemetry } from './call-telemetry.js';
import { NotificationTelemetry } from './notification-telemetry.js';
import { SweepTelemetry } from './sweep-telemetry.js';

const NAME = 'nestjs-wechatpay-complaint';

export interface WechatPayComplaintInstrumentationConfig {
  /** Whether it starts at once. `enable()` starts it later. @default true */
  readonly enabled?: boolean;
}

/**
 * Makes spans and metrics of what this package publishes on its diagnostics channels. Give it to
 * `registerInstrumentations` or to `NodeSDK`, like any other instrumentation:
 *
 * ```ts
 * new NodeSDK({ instrumentations: [new WechatPayComplaintInstrumentation()] }).start();
 * ```
 *
 * It patches no module, so it may be created before or after this package is loaded.
 */
export class WechatPayComplaintInstrumentation {
  readonly instrumentationName = NAME;
  readonly instrumentationVersion = VERSION;
  private config: WechatPayComplaintInstrumentationConfig;
  private readonly notifications: NotificationTelemetry;
  private readonly calls: CallTelemetry;
  private readonly sweeps = new SweepTelemetry();

  constructor(config: WechatPayComplaintInstrumentationConfig = {}) {
    this.config = { enabled: true, ...config };
    const tracer = trace.getTracer(NAME, VERSION);
    this.notifications = new NotificationTelemetry(tracer);
    this.calls = new CallTelemetry(tracer);
    this.setMeterProvider(metrics.getMeterProvider());
    if (this.config.enabled) this.enable();
  }

  enable(): void {
    for (const subscription of this.subscriptions()) subscription.switchOn();
  }

  disable(): void {
    for (const subscription of this.subscriptions()) subscription.switchOff();
  }

  /** In place of the global one. */
  setTracerProvider(provider: TracerProvider): void {
    const tracer = provider.getTracer(NAME, VERSION);
    this.notifications.useTracer(tracer);
    this.calls.useTracer(tracer);
  }

  /** In place of the global one, which has to be there before this instrumentation. */
  setMeterProvider(provider: MeterProvider): void {
    const meter = provider.getMeter(NAME, VERSION);
    this.notifications.useMeter(meter);
    this.calls.useMeter(meter);
    this.sweeps.useMeter(meter);
  }

  getConfig(): WechatPayComplaintInstrumentationConfig {
    return this.config;
  }

  /** `enabled` counts for the constructor only, as in every instrumentation. */
  setConfig(config: WechatPayComplaintInstrumentationConfig): void {
    this.config = { enabled: true, ...config };
  }

  private subscriptions() {
    return [
      ...this.notifications.subscriptions,
      ...this.calls.subscriptions,
      ...this.sweeps.subscriptions,
    ];
  }
}
