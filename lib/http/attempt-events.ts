import { defer, finalize, type MonoTypeOperatorFunction, tap } from 'rxjs';
import { type CallEvent, publishCall } from '../diagnostics/diagnostics.js';
import type { WechatPayError } from '../errors/wechatpay.error.js';
import type { ResponseHead } from './wechatpay-response.js';

type Outcome = Pick<CallEvent, 'outcome' | 'code' | 'status' | 'requestId'>;

/**
 * Publishes one event for every attempt on the diagnostics channel: with its response, its error, or
 * `ABORTED` when it is unsubscribed from. An error has to be a WechatPayError already.
 */
export function publishOutcome<T extends ResponseHead>(
  attempt: Pick<CallEvent, 'mchid' | 'method' | 'baseUrl' | 'target'>,
): MonoTypeOperatorFunction<T> {
  return (source) =>
    defer(() => {
      const start = performance.now();
      let outcome: Outcome = { outcome: 'failed', code: 'ABORTED' };
      return source.pipe(
        tap({
          next: ({ status, requestId }) => {
            outcome = { outcome: 'succeeded', status, requestId };
          },
          error: ({ code, status, requestId }: WechatPayError) => {
            outcome = { outcome: 'failed', code, status, requestId };
          },
        }),
        finalize(() => {
          publishCall({ ...attempt, ...outcome, duration: performance.now() - start });
        }),
      );
    });
}
