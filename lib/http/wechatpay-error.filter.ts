import { STATUS_CODES } from 'node:http';
import { type ArgumentsHost, Catch, HttpException, Logger } from '@nestjs/common';
import { BaseExceptionFilter } from '@nestjs/core';
import { throwError } from 'rxjs';
import { NotificationStoreError } from '../errors/notification-store.error.js';
import { WechatPayApiError } from '../errors/wechatpay-api.error.js';
import { WechatPayArgumentError } from '../errors/wechatpay-argument.error.js';
import { WechatPayError } from '../errors/wechatpay.error.js';
import { WechatPayNetworkError } from '../errors/wechatpay-network.error.js';
import { WechatPayPlatformKeyError } from '../errors/wechatpay-platform-key.error.js';
import { LOGGER_CONTEXT } from '../wechatpay-complaint.constants.js';
import { isRateLimit } from './retry-policy.js';

const BAD_REQUEST = 400;
const NOT_FOUND = 404;
const BAD_GATEWAY = 502;
const SERVICE_UNAVAILABLE = 503;
const GATEWAY_TIMEOUT = 504;
const TIMEOUT_CODES: ReadonlySet<string> = new Set(['TIMEOUT', 'ETIMEDOUT', 'ABORTED']);
/** Milliseconds. WeChat Pay's rate limits count requests per minute. */
const DEFAULT_RETRY_AFTER = 60_000;

/**
 * Maps a WechatPayError that a controller does not catch to an HTTP response. Without it, Nest sends
 * a 500. Use it as `{ provide: APP_FILTER, useClass: WechatPayErrorFilter }` or with `@UseFilters`,
 * on Express or Fastify. GraphQL resolvers and microservices fail with the HttpException instead.
 *
 * | error | status |
 * |---|---|
 * | WechatPayArgumentError | 400; the body says what is wrong |
 * | `RESOURCE_NOT_EXISTS` | 404 |
 * | rate limits, `SERVICE_UNAVAILABLE`, `NO_PLATFORM_KEY`, NotificationStoreError | 503, with `Retry-After` |
 * | `TIMEOUT`, `ETIMEDOUT`, `ABORTED` | 504 |
 * | all others, such as `NO_AUTH`, `SIGN_ERROR` or a bad signature | 502 |
 *
 * Most of the last row is for the operator of the app, not for its users: the error goes to the log,
 * and the body says nothing about it. To map an error differently, override `toHttpException`.
 */
@Catch(WechatPayError)
export class WechatPayErrorFilter extends BaseExceptionFilter<unknown> {
  private readonly logger = new Logger(LOGGER_CONTEXT);

  override catch(error: WechatPayError, host: ArgumentsHost): unknown {
    const exception = this.toHttpException(error);
    const status = exception.getStatus();
    this.writeLog(error, status);
    // A filter that throws would end the process: microservices take an Observable, GraphQL an Error.
    if (host.getType() === 'rpc') return throwError(() => exception);
    if (host.getType() !== 'http') return exception;
    if (status === SERVICE_UNAVAILABLE) this.setRetryAfter(error, host);
    super.catch(exception, host);
    return undefined;
  }

  /** Status and body of the response. */
  protected toHttpException(error: WechatPayError): HttpException {
    const status = statusOf(error);
    return new HttpException(
      { statusCode: status, message: messageFor(error, status), error: STATUS_CODES[status] },
      status,
      { cause: error },
    );
  }

  private writeLog(error: WechatPayError, status: number): void {
    if (status >= SERVICE_UNAVAILABLE) this.logger.warn(error.message);
    else if (status >= 500) this.logger.error(error.message, error.stack);
    else this.logger.debug(error.message);
  }

  private setRetryAfter(error: WechatPayError, host: ArgumentsHost): void {
    const adapter = this.applicationRef ?? this.httpAdapterHost?.httpAdapter;
    const response: unknown = host.switchToHttp().getResponse();
    if (!adapter || adapter.isHeadersSent(response)) return;
    const wanted = error instanceof WechatPayApiError ? error.retryAfter : undefined;
    const seconds = Math.ceil((wanted ?? DEFAULT_RETRY_AFTER) / 1000);
    adapter.setHeader(response, 'Retry-After', String(seconds));
  }
}

function statusOf(error: WechatPayError): number {
  if (error instanceof WechatPayArgumentError) return BAD_REQUEST;
  if (error.code === 'RESOURCE_NOT_EXISTS') return NOT_FOUND;
  const isBusy = isRateLimit(error) || error.code === 'SERVICE_UNAVAILABLE';
  const isUnsent =
    error instanceof NotificationStoreError || error instanceof WechatPayPlatformKeyError;
  if (isBusy || isUnsent) return SERVICE_UNAVAILABLE;
  const isTimeout = error instanceof WechatPayNetworkError && TIMEOUT_CODES.has(error.code);
  return isTimeout ? GATEWAY_TIMEOUT : BAD_GATEWAY;
}

/** What the app's own client may know. */
function messageFor(error: WechatPayError, status: number): string {
  if (error instanceof WechatPayArgumentError) return `${error.field} ${error.problems.join('; ')}`;
  switch (status) {
    case NOT_FOUND:
      return 'WeChat Pay has no such resource.';
    case SERVICE_UNAVAILABLE:
      return 'Not available at the moment. Try again later.';
    case GATEWAY_TIMEOUT:
      return 'WeChat Pay did not respond in time. The request may have taken effect.';
    default:
      return error instanceof WechatPayApiError && error.status >= 400 && error.status < 500
        ? 'WeChat Pay rejected the request.'
        : 'The request to WeChat Pay failed. It may have taken effect.';
  }
}
