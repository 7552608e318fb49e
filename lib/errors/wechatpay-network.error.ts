import { WechatPayError } from './wechatpay.error.js';

/** Why no response arrived. The set is open: codes of Node (`ECONNREFUSED`, ...) and of axios. */
export type WechatPayNetworkErrorCode = 'TIMEOUT' | 'ABORTED' | 'NETWORK_ERROR' | (string & {});

/**
 * No complete response arrived: no connection, a time-out, an abort. Unless the connection was never
 * made, the request may have taken effect. `cause` is Node's error below axios. The error of axios
 * is dropped because it holds the whole request, Authorization header included.
 */
export class WechatPayNetworkError extends WechatPayError {
  declare readonly code: WechatPayNetworkErrorCode;

  constructor(
    /** Method and path. */
    request: string,
    code: WechatPayNetworkErrorCode,
    reason: string,
    cause?: unknown,
  ) {
    super(code, `${request} failed without a complete response (${code}): ${reason}`, { cause });
  }
}
