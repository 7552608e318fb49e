import { isNativeError } from 'node:util/types';
import { HttpException, type Logger } from '@nestjs/common';
import { ComplaintNotificationException } from './complaint-notification.exception.js';

/**
 * Logs that a handler failed. Of an error only its stack: the properties of errors of HTTP clients
 * and databases hold requests and rows.
 */
export function logHandlingFailure(logger: Logger, error: unknown): void {
  // Refusals of this package are logged where they are made.
  if (error instanceof ComplaintNotificationException) return;
  if (error instanceof HttpException && error.getStatus() < 500) {
    logger.warn(
      `A notification was turned away with ${error.getStatus()} by a ${error.name} of this app; ` +
        'WeChat Pay will repeat it.',
    );
    return;
  }
  const [reason, stack] = isNativeError(error)
    ? ['', error.stack]
    : [' Something that is not an Error was thrown.', undefined];
  logger.error(`Handling a notification failed, WeChat Pay will repeat it.${reason}`, stack);
}
