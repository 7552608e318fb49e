import { subscribe } from 'node:diagnostics_channel';
import {
  CALL_CHANNEL,
  type CallEvent,
  NOTIFICATION_CHANNEL,
  type NotificationEvent,
} from 'nestjs-wechatpay-complaint';

interface Metrics {
  timing(name: string, milliseconds: number, labels: Record<string, string | undefined>): void;
}

declare const metrics: Metrics;

// #region channels
subscribe(NOTIFICATION_CHANNEL, (message) => {
  const { outcome, code, duration } = message as NotificationEvent;
  metrics.timing('complaint.notification', duration, { outcome, code });
});

subscribe(CALL_CHANNEL, (message) => {
  const { outcome, code, method, duration } = message as CallEvent;
  metrics.timing('complaint.call', duration, { outcome, code, method });
});
// #endregion channels
