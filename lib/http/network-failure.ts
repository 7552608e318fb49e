import { isNativeError } from 'node:util/types';
import { isAxiosError } from 'axios';
import { TimeoutError } from 'rxjs';
import { errorMessage } from '../utils/error-message.js';
import { WechatPayError } from '../errors/wechatpay.error.js';
import { requestName, type WechatPayRequest } from './wechatpay-request.js';
import { WechatPayNetworkError } from '../errors/wechatpay-network.error.js';
import { toAborted } from './abort.js';

/** Whatever went wrong below leaves without axios' error: that one holds the whole request. */
export function toTypedError(
  request: WechatPayRequest,
  error: unknown,
  limit: number,
): WechatPayError {
  const call = requestName(request);
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
      errorMessage(error),
      withoutRequest(error),
    );
  }
  if (error.code === 'ERR_CANCELED') return toAborted(request);
  const cause = withoutRequest(error.cause ?? error);
  return new WechatPayNetworkError(call, error.code ?? 'NETWORK_ERROR', errorMessage(cause), cause);
}

function withoutRequest(error: unknown): unknown {
  return isAxiosError(error) || !isNativeError(error) ? new Error(errorMessage(error)) : error;
}
