import { isNativeError } from 'node:util/types';
import { isAxiosError } from 'axios';
import { TimeoutError } from 'rxjs';
import { WechatPayError } from '../errors/wechatpay.error.js';
import { WechatPayNetworkError } from '../errors/wechatpay-network.error.js';
import { errorMessage } from '../utils/error-message.js';
import { abortedError } from './abort.js';
import { requestName, type WechatPayRequest } from './wechatpay-request.js';

/**
 * Maps what an attempt failed with to a WechatPayError. The error of axios is dropped, because it
 * holds the whole request. `limitInMs` is the time limit that a TimeoutError refers to.
 */
export function toWechatPayError(
  request: Pick<WechatPayRequest, 'method' | 'target'>,
  error: unknown,
  limitInMs: number,
): WechatPayError {
  const name = requestName(request);
  if (error instanceof WechatPayError) return error;
  if (error instanceof TimeoutError) {
    const cause = new Error(`no complete response within ${Math.round(limitInMs)} ms`);
    return new WechatPayNetworkError(name, 'TIMEOUT', `${cause.message}.`, cause);
  }
  if (!isAxiosError(error)) {
    const code = isNativeError(error) && 'code' in error ? error.code : undefined;
    return new WechatPayNetworkError(
      name,
      typeof code === 'string' ? code : 'NETWORK_ERROR',
      errorMessage(error),
      withoutRequest(error),
    );
  }
  if (error.code === 'ERR_CANCELED') return abortedError(request);
  const cause = withoutRequest(error.cause ?? error);
  return new WechatPayNetworkError(name, error.code ?? 'NETWORK_ERROR', errorMessage(cause), cause);
}

function withoutRequest(error: unknown): unknown {
  return isAxiosError(error) || !isNativeError(error) ? new Error(errorMessage(error)) : error;
}
