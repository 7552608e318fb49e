import type { Readable } from 'node:stream';
import { isNativeError } from 'node:util/types';
import { isAxiosError } from 'axios';
import { Observable, TimeoutError } from 'rxjs';
import type { WechatPayRequestConfig } from '../options/wechatpay-complaint-options.interface.js';
import { messageOf } from '../protocol/message-of.js';
import { WechatPayError } from '../protocol/wechatpay.error.js';
import { nameOf, type WechatPayCall } from './wechatpay-call.js';
import { WechatPayNetworkError } from './wechatpay-network.error.js';

function onceAborted(signal: WechatPayRequestConfig['signal'], act: () => void): () => void {
  if (signal?.aborted) act();
  signal?.addEventListener?.('abort', act);
  return () => {
    signal?.removeEventListener?.('abort', act);
  };
}

/** Fails when the signal is raised, and never emits. */
export function whenAborted(
  call: Pick<WechatPayCall, 'method' | 'target'>,
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
  call: WechatPayCall,
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

function toAborted(call: Pick<WechatPayCall, 'method' | 'target'>): WechatPayNetworkError {
  const reason = 'the caller aborted it.';
  return new WechatPayNetworkError(nameOf(call), 'ABORTED', reason, new Error('aborted'));
}

/** Whatever went wrong below leaves without axios' error: that one holds the whole request. */
export function toTypedError(
  request: WechatPayCall,
  error: unknown,
  limit: number,
): WechatPayError {
  const call = nameOf(request);
  if (error instanceof WechatPayError) return error;
  if (error instanceof TimeoutError) {
    const cause = new Error(`no complete answer within ${Math.round(limit)} ms`);
    return new WechatPayNetworkError(call, 'TIMEOUT', `${cause.message}.`, cause);
  }
  if (!isAxiosError(error)) {
    const code = isNativeError(error) && 'code' in error ? error.code : undefined;
    return new WechatPayNetworkError(
      call,
      typeof code === 'string' ? code : 'NETWORK_ERROR',
      messageOf(error),
      withoutRequest(error),
    );
  }
  if (error.code === 'ERR_CANCELED') return toAborted(request);
  const cause = withoutRequest(error.cause ?? error);
  return new WechatPayNetworkError(call, error.code ?? 'NETWORK_ERROR', messageOf(cause), cause);
}

function withoutRequest(error: unknown): unknown {
  return isAxiosError(error) || !isNativeError(error) ? new Error(messageOf(error)) : error;
}
