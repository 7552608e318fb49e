import { STATUS_CODES } from 'node:http';
import {
  type ArgumentsHost,
  Catch,
  type ExceptionFilter,
  HttpException,
  Logger,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { ComplaintNotificationException, failureBody } from './complaint-notification.exception.js';
import { LOGGER_CONTEXT } from '../wechatpay-complaint.constants.js';
import { failureStatus, logFailure } from './handler-failure.js';
import { notificationFields, notificationLabel } from './notification-label.js';
import { findNotification } from './received-notification.js';

/** Sends every failure of a notification route as WeChat Pay expects it, without internals. */
@Catch()
export class ComplaintNotificationFilter implements ExceptionFilter<unknown> {
  private readonly logger = new Logger(LOGGER_CONTEXT);

  constructor(private readonly adapterHost: HttpAdapterHost) {}

  catch(exception: unknown, host: ArgumentsHost): void {
    const { httpAdapter } = this.adapterHost;
    const response: unknown = host.getArgByIndex(1);
    this.log(exception, host.getArgByIndex(0));
    if (httpAdapter.isHeadersSent(response)) {
      httpAdapter.end(response);
      return;
    }
    const status = failureStatus(exception);
    httpAdapter.reply(response, failureBody(publicMessage(exception, status)), status);
  }

  /**
   * The receiver logs what it rejects, and the processor what it defers and what handlers throw. This is
   * for the guards, pipes and interceptors of the app.
   */
  private log(exception: unknown, request: object): void {
    const notification = findNotification(request);
    const isLogged = notification
      ? notification.hasFailedWith(exception)
      : exception instanceof ComplaintNotificationException;
    if (isLogged) return;
    const what = notification
      ? notificationLabel(notification.payload)
      : 'A request to a complaint notification route';
    logFailure(
      this.logger,
      what,
      exception,
      notification && notificationFields(notification.payload),
    );
  }
}

/** Nest's convention is that the message of an HttpException is for the client. That of a 5xx is not. */
function publicMessage(exception: unknown, status: number): string {
  const isForClient =
    exception instanceof ComplaintNotificationException ||
    (exception instanceof HttpException &&
      status < 500 &&
      !(exception.getResponse() instanceof Error));
  return isForClient ? exception.message : (STATUS_CODES[status] ?? 'Error');
}
