import { isNativeError } from 'node:util/types';
import { HttpException, type Logger } from '@nestjs/common';
import type { ComplaintNotificationException } from './complaint-notification.exception.js';

/** Refusals of this package are logged where they are made, with more than is known here. */
const logged = new WeakSet<object>();

export function markLogged<T extends ComplaintNotificationException>(exception: T): T {
  logged.add(exception);
  return exception;
}

/**
 * Logs that a handler failed. Of an error only its stack: the properties of errors of HTTP clients
 * and databases hold requests and rows.
 */
export function logHandlingFailure(logger: Logger, error: unknown): void {
  if (typeof error === 'object' && error !== null && logged.has(error)) return;
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
