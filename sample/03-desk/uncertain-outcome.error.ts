import {
  WechatPayApiError,
  type WechatPayError,
  WechatPayNetworkError,
  WechatPaySignatureError,
} from 'nestjs-wechatpay-complaint';
import { catchError, type MonoTypeOperatorFunction, throwError } from 'rxjs';

/** A call failed that may have taken effect all the same. Read the complaint again to find out. */
export class UncertainOutcomeError extends Error {
  constructor(override readonly cause: WechatPayError) {
    super(cause.message, { cause });
    this.name = UncertainOutcomeError.name;
  }
}

/** For calls that change something: replies, completions and refund decisions. */
export function markUncertain<T>(): MonoTypeOperatorFunction<T> {
  return catchError((error: unknown) =>
    throwError(() => (isUncertain(error) ? new UncertainOutcomeError(error) : error)),
  );
}

function isUncertain(error: unknown): error is WechatPayError {
  if (error instanceof WechatPayApiError) {
    // A success that cannot be read, or a failure in the middle of the work.
    return error.code === 'MALFORMED_RESPONSE' || error.status >= 500;
  }
  // No response, or a success that nobody vouches for.
  return error instanceof WechatPayNetworkError || error instanceof WechatPaySignatureError;
}
