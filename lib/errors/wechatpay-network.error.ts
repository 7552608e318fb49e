import { WechatPayError } from './wechatpay.error.js';

/** Why no answer came. The set is open: codes of Node (`ECONNREFUSED`, ...) and axios. */
export type WechatPayNetworkErrorCode = 'TIMEOUT' | 'ABORTED' | 'NETWORK_ERROR' | (string & {});

/**
 * No complete answer arrived: no connection, a time-out, an abort. Unless the connection was never
 * made, the call may have taken effect. `cause` is the error of Node below axios: axios' own is not
 * kept, because it carries the request with its Authorization header.
 */
export class WechatPayNetworkError extends WechatPayError {
  declare readonly code: WechatPayNetworkErrorCode;

  constructor(call: string, code: WechatPayNetworkErrorCode, reason: string, cause?: unknown) {
    super(code, `No answer to ${call} (${code}): ${reason}`, { cause });
  }
}
