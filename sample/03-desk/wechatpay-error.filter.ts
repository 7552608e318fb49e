import { type ArgumentsHost, Catch, type ExceptionFilter, Logger } from '@nestjs/common';
import type { Response } from 'express';
import {
  WechatPayApiError,
  WechatPayArgumentError,
  WechatPayError,
  WechatPayNetworkError,
} from 'nestjs-wechatpay-complaint';

const STATUS: Readonly<Record<string, number>> = {
  PARAM_ERROR: 400,
  RESOURCE_NOT_EXISTS: 404,
  // The complaint is not in a state for it.
  INVALID_REQUEST: 409,
  FREQUENCY_LIMITED: 429,
  RATELIMIT_EXCEEDED: 429,
};

/** What went wrong with WeChat Pay, for the browser to show. */
@Catch(WechatPayError)
export class WechatPayErrorFilter implements ExceptionFilter<WechatPayError> {
  private readonly logger = new Logger('Desk');

  catch(error: WechatPayError, host: ArgumentsHost): void {
    this.logger.warn(error.message);
    const { code, requestId } = error;
    // WeChat Pay's own words are for people; ours name calls and settings, which stay in the log.
    const reason = error instanceof WechatPayApiError ? error.apiMessage : undefined;
    host
      .switchToHttp()
      .getResponse<Response>()
      .status(statusOf(error))
      .json({ code, reason, requestId });
  }
}

function statusOf(error: WechatPayError): number {
  if (error instanceof WechatPayArgumentError) return 400;
  if (error instanceof WechatPayNetworkError) return 504;
  return STATUS[error.code] ?? 502;
}
