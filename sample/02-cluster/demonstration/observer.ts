import { subscribe } from 'node:diagnostics_channel';
import { NOTIFICATION_CHANNEL, type NotificationEvent } from 'nestjs-wechatpay-complaint';

/**
 * Loaded into each process of the app before the app itself (`--import`), which knows nothing of
 * it: tells the demonstration what became of each request, and dies when it is told to.
 */
let isDoomed = false;
process.on('message', () => (isDoomed = true));
subscribe(NOTIFICATION_CHANNEL, (event) => {
  const { outcome } = event as NotificationEvent;
  // The worst moment: others that came with this one are claimed, and half of them enqueued.
  if (isDoomed && outcome === 'handled') process.kill(process.pid, 'SIGKILL');
  process.send?.(event);
});
