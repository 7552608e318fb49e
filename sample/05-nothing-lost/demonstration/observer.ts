import { subscribe } from 'node:diagnostics_channel';
import { CALL_CHANNEL, type CallEvent, SWEEP_CHANNEL } from 'nestjs-wechatpay-complaint';

/**
 * Loaded with `--import` into each process of the app, which does not know about it. Reports every sweep
 * to the demonstration, and kills the process on demand: in the middle of a sweep.
 */
let isDoomed = false;
process.on('message', (message) => (isDoomed = message === 'die'));
subscribe(CALL_CHANNEL, (event) => {
  const { target } = event as CallEvent;
  const offset = Number(/complaints-v2\?.*\boffset=(\d+)/.exec(target)?.[1] ?? 0);
  if (isDoomed && offset >= 500) process.kill(process.pid, 'SIGKILL');
});
subscribe(SWEEP_CHANNEL, (event) => process.send?.(event));
