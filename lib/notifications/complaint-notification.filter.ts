import { STATUS_CODES } from 'node:http';
import {
  type ArgumentsHost,
  Catch,
  type ExceptionFilter,
  HttpException,
  Logger,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { ComplaintNotificationException, failure } from './complaint-notification.exception.js';
import { logHandlingFailure } from './handler-failure.js';
import { LOGGER_CONTEXT } from '../wechatpay-complaint.constants.js';

/** Answers every failure of a notification route as WeChat Pay expects, and with no internals. */
@Catch()
export class ComplaintNotificationFilter implements ExceptionFilter<unknown> {
  private readonly logger = new Logger(LOGGER_CONTEXT);

  constructor(private readonly adapterHost: HttpAdapterHost) {}

  catch(exception: unknown, host: ArgumentsHost): void {
    const { httpAdapter } = this.adapterHost;
    const response: unknown = host.switchToHttp().getResponse();
    const status = exception instanceof HttpException ? exception.getStatus() : 500;
    logHandlingFailure(this.logger, exception);
    if (httpAdapter.isHeadersSent(response)) {
      httpAdapter.end(response);
      return;
    }
    httpAdapter.reply(response, failure(publicMessage(exception, status)), status);
  }
}

/** Nest's convention: the message of an HttpException is for the client. Not so for a 5xx. */
function publicMessage(exception: unknown, status: number): string {
  const isMeantForClient =
    exception instanceof ComplaintNotificationException ||
    (exception instanceof HttpException &&
      status < 500 &&
      !(exception.getResponse() instanceof Error));
  return isMeantForClient ? exception.message : (STATUS_CODES[status] ?? 'Error');
}
