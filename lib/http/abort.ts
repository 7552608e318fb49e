import type { Readable } from 'node:stream';
import { Observable } from 'rxjs';
import type { WechatPayRequestConfig } from '../config/wechatpay-complaint-options.interface.js';
import { WechatPayNetworkError } from '../errors/wechatpay-network.error.js';
import { requestName, type WechatPayRequest } from './wechatpay-request.js';

type Signal = WechatPayRequestConfig['signal'];
type NamedRequest = Pick<WechatPayRequest, 'method' | 'target'>;

/** Calls `listener` when the signal aborts, or now if it has. Returns how to stop listening. */
function onAbort(signal: Signal, listener: () => void): () => void {
  if (signal?.aborted) listener();
  signal?.addEventListener?.('abort', listener);
  return () => {
    signal?.removeEventListener?.('abort', listener);
  };
}

/** Never emits; fails with `ABORTED` when the signal aborts. */
export function whenAborted(request: NamedRequest, signal: Signal): Observable<never> {
  return new Observable((subscriber) =>
    onAbort(signal, () => {
      subscriber.error(abortedError(request));
    }),
  );
}

/** Destroys the stream with `ABORTED` when the signal aborts before the stream has closed. */
export function destroyWhenAborted(request: NamedRequest, stream: Readable, signal: Signal): void {
  stream.once(
    'close',
    onAbort(signal, () => {
      stream.destroy(abortedError(request));
    }),
  );
}

export function abortedError(request: NamedRequest): WechatPayNetworkError {
  const reason = 'the caller aborted it.';
  return new WechatPayNetworkError(requestName(request), 'ABORTED', reason, new Error('aborted'));
}
