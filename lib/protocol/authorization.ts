import { SIGNATURE_TYPE } from './signature-headers.js';

/** Everything that the signature of a request covers. */
export interface RequestToSign {
  readonly method: string;
  /** Path and query exactly as sent, with their escapes, without the host. */
  readonly target: string;
  /** Seconds since 1970. */
  readonly timestamp: string;
  readonly nonce: string;
  /** The exact text sent. Empty if there is no body. */
  readonly body: string;
}

/** Values of an `Authorization` header. */
export interface AuthorizationValues {
  readonly mchid: string;
  readonly nonce_str: string;
  readonly signature: string;
  readonly timestamp: string;
  /** Serial of the *merchant* API certificate. */
  readonly serial_no: string;
}

/**
 * The message that is signed for a request.
 *
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012365336
 */
export function requestMessage({ method, target, timestamp, nonce, body }: RequestToSign): string {
  return `${method}\n${target}\n${timestamp}\n${nonce}\n${body}\n`;
}

/** The `Authorization` header with the scheme `WECHATPAY2-SHA256-RSA2048`. */
export function formatAuthorization(values: AuthorizationValues): string {
  const { mchid, nonce_str, signature, timestamp, serial_no } = values;
  return (
    `${SIGNATURE_TYPE} mchid="${mchid}",nonce_str="${nonce_str}",signature="${signature}",` +
    `timestamp="${timestamp}",serial_no="${serial_no}"`
  );
}
