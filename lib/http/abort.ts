import type { Readable } from 'node:stream';
import { Observable } from 'rxjs';
import type { WechatPayRequestConfig } from '../config/wechatpay-complaint-options.interface.js';
import { WechatPayNetworkError } from '../errors/wechatpay-network.error.js';
import { requestName, type WechatPayRequest } from './wechatpay-request.js';

function onceAborted(signal: WechatPayRequestConfig['signal'], act: () => void): () => void {
  if (signal?.aborted) act();
  signal?.addEventListener?.('abort', act);
  return () => {
    signal?.removeEventListener?.('abort', act);
  };
}

/** Fails when the signal is raised, and never emits. */
export function whenAborted(
  call: Pick<WechatPayRequest, 'method' | 'target'>,
  signal: WechatPayRequestConfig['signal'],
): Observable<never> {
  return new Observable((subscriber) =>
    onceAborted(signal, () => {
      subscriber.error(toAborted(call));
    }),
  );
}

/** For as long as the stream is open. */
export function destroyWhenAborted(
  call: WechatPayRequest,
  stream: Readable,
  signal: WechatPayRequestConfig['signal'],
): void {
  stream.once(
    'close',
    onceAborted(signal, () => {
      stream.destroy(toAborted(call));
    }),
  );
}

export function toAborted(
  call: Pick<WechatPayRequest, 'method' | 'target'>,
): WechatPayNetworkError {
  const reason = 'the caller aborted it.';
  return new WechatPayNetworkError(requestName(call), 'ABORTED', reason, new Error('aborted'));
}
