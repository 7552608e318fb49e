import type { Attributes, Counter, Histogram, Meter } from '@opentelemetry/api';
import { SWEEP_CHANNEL, type SweepEvent } from '../diagnostics/diagnostics.js';
import { MCHID } from './conventions.js';
import { Subscription } from './subscription.js';

const OUTCOME = 'wechatpay.sweep.outcome';

/** Seconds: a sweep waits for the quotas of calls, so that it may take minutes. */
const SWEEP_BUCKETS: readonly number[] = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600];

/** Makes metrics of sweeps: what was found, and the reminders of deadlines. */
export class SweepTelemetry {
  readonly subscriptions = [
    new Subscription<SweepEvent>(SWEEP_CHANNEL, (event) => {
      this.count(event);
    }),
  ];
  private sweeps?: Counter;
  private durations?: Histogram;
  private lost?: Counter;
  private reminders?: Counter;

  useMeter(meter: Meter): void {
    this.sweeps = meter.createCounter('wechatpay.sweeps', {
      description: 'Sweeps over the complaints of a merchant, by how they ended',
      unit: '{sweep}',
    });
    this.durations = meter.createHistogram('wechatpay.sweep.duration', {
      description: 'How long sweeps take, with the handlers of what they find',
      unit: 's',
      advice: { explicitBucketBoundaries: [...SWEEP_BUCKETS] },
    });
    this.lost = meter.createCounter('wechatpay.sweep.lost', {
      description: 'Lost complaints and changes that sweeps have found, by what became of them',
      unit: '{complaint}',
    });
    this.reminders = meter.createCounter('wechatpay.sweep.reminders', {
      description: 'Reminders of deadlines',
      unit: '{reminder}',
    });
  }

  /** Also a count of zero, so that a counter is there before something is lost for the first time. */
  private count({ mchid, outcome, fed, failed, reminded, duration }: SweepEvent): void {
    const attributes: Attributes = { [MCHID]: mchid };
    const ended = { ...attributes, [OUTCOME]: outcome };
    this.sweeps?.add(1, ended);
    this.durations?.record(duration / 1000, ended);
    this.lost?.add(fed, { ...attributes, 'wechatpay.notification.outcome': 'handled' });
    this.lost?.add(failed, { ...attributes, 'wechatpay.notification.outcome': 'failed' });
    this.reminders?.add(reminded, attributes);
  }
}
