import { subscribe } from 'node:diagnostics_channel';
import { NOTIFICATION_CHANNEL, type NotificationEvent } from 'nestjs-wechatpay-complaint';

/**
 * Loaded with `--import` into each process of the app, which does not know about it. Reports the
 * outcome of every notification to the demonstration, and kills the process on demand.
 */
let isDoomed = false;
process.on('message', () => (isDoomed = true));
subscribe(NOTIFICATION_CHANNEL, (event) => {
  const { outcome } = event as NotificationEvent;
  // The worst moment: other notifications of the burst are claimed, and half of their jobs added.
  if (isDoomed && outcome === 'handled') process.kill(process.pid, 'SIGKILL');
  process.send?.(event);
});
