import { AsyncResource } from 'node:async_hooks';
import { Observable, type Subscription } from 'rxjs';
import { type CallTrace, callTracing } from '../diagnostics/tracing.js';
import type { WechatPayError } from '../errors/wechatpay.error.js';
import type { ResponseHead } from './wechatpay-response.js';

/** Whether anybody wants traces of calls. Without, this check is all that tracing costs. */
export function tracesCalls(): boolean {
  return callTracing.hasSubscribers;
}

/**
 * Publishes when a call starts and when it has ended: with its response, its error, or `ABORTED` when it
 * is unsubscribed from. An error has to be a WechatPayError already.
 *
 * @param send makes the call, and keeps the number of attempts in the trace
 */
export function traceCall<T extends ResponseHead>(
  request: Pick<CallTrace, 'mchid' | 'method' | 'target'>,
  send: (trace: CallTrace) => Observable<T>,
): Observable<T> {
  return new Observable<T>((subscriber) => {
    // The subscriber goes on in the context in which it subscribed, so that a call that it makes next
    // is not taken for a part of this one.
    const caller = new AsyncResource('WechatPayCall');
    let subscription: Subscription | undefined;
    const trace: CallTrace = {
      ...request,
      attempts: 0,
      run: () => {
        subscription = send(trace).subscribe({
          next: (response) => {
            const { status, requestId } = response;
            end(trace, { outcome: 'succeeded', status, requestId });
            caller.runInAsyncScope(() => {
              subscriber.next(response);
            });
          },
          error: (error: WechatPayError) => {
            const { code, status, requestId } = error;
            end(trace, { outcome: 'failed', code, status, requestId, error });
            caller.runInAsyncScope(() => {
              subscriber.error(error);
            });
          },
          complete: () => {
            caller.runInAsyncScope(() => {
              subscriber.complete();
            });
          },
        });
      },
    };
    callTracing.start.runStores(trace, () => {
      trace.run();
    });
    callTracing.end.publish(trace);
    return () => {
      subscription?.unsubscribe();
      end(trace, { outcome: 'failed', code: 'ABORTED' });
    };
  });
}

/** A call ends once: an unsubscription after its response changes nothing. */
function end(
  trace: CallTrace,
  result: Pick<CallTrace, 'outcome' | 'code' | 'status' | 'requestId' | 'error'>,
): void {
  if (trace.outcome !== undefined) return;
  Object.assign(trace, result);
  if (result.error !== undefined) callTracing.error.publish(trace);
  callTracing.asyncStart.publish(trace);
  callTracing.asyncEnd.publish(trace);
}
