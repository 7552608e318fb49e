import { inspect } from 'node:util';
import { isNativeError } from 'node:util/types';
import { HttpException, type Logger } from '@nestjs/common';
import { LogEntry, type LogFields } from '../utils/log-entry.js';
import { typeName } from '../utils/type-name.js';

/** An error, its causes and the errors of an AggregateError: so many are printed together. */
const MAX_ERRORS = 10;
const MAX_TEXT_LENGTH = 500;

/** How a notification that came over HTTP comes again, for log lines. */
export const WECHAT_PAY_REDELIVERS = 'WeChat Pay redelivers it';

/**
 * The status of the response to a failed handler. Only 4xx and 5xx make WeChat Pay redeliver, so an
 * HttpException with another status counts as any other error.
 */
export function failureStatus(error: unknown): number {
  const status = error instanceof HttpException ? error.getStatus() : 500;
  return status >= 400 && status < 600 ? status : 500;
}

/**
 * Logs why a notification was not handled: at warn when the app responds with a 4xx of its own choice,
 * otherwise at error.
 *
 * @param what the notification, such as "Notification EV-1 (CREATE_COMPLAINT, complaint 2)"
 * @param fields the same for programs that read the log
 * @param redelivery how it comes again
 */
export function logFailure(
  logger: Logger,
  what: string,
  error: unknown,
  fields: LogFields = {},
  redelivery = WECHAT_PAY_REDELIVERS,
): void {
  const status = failureStatus(error);
  const failed = { ...fields, outcome: 'failed', status };
  if (error instanceof HttpException && error.getStatus() === status && status < 500) {
    const reason = `${error.name}: ${error.message} (status ${status})`;
    logger.warn(new LogEntry(`${what} was not handled: ${reason}. ${redelivery}.`, failed));
    return;
  }
  const reason =
    error instanceof HttpException && error.getStatus() !== status
      ? `An HttpException with status ${error.getStatus()} was thrown, which is no failure to WeChat Pay, so the response is 500. `
      : '';
  const sentence = `${what} was not handled. ${reason}${redelivery}.`;
  logger.error(new LogEntry(sentence, failed, describeFailure(error)));
}

/**
 * What a handler threw, for logs: name, message and stack, and those of its causes and of the errors of
 * an AggregateError. Other properties of an error are not printed, because those of HTTP clients and
 * databases hold requests and rows.
 */
export function describeFailure(error: unknown): string {
  const parts: string[] = [];
  collect(error, '', parts);
  return parts.join('\n');
}

function collect(error: unknown, label: string, parts: string[]): void {
  if (parts.length === MAX_ERRORS) return;
  parts.push(`${label}${describe(error)}`);
  if (!isObject(error)) return;
  const { cause, errors } = error;
  if (cause != null) collect(cause, '[cause]: ', parts);
  if (!Array.isArray(errors)) return;
  for (const inner of errors as unknown[]) collect(inner, '[error]: ', parts);
}

function describe(error: unknown): string {
  if (!isObject(error)) {
    return `${typeName(error)} thrown: ${inspect(error).slice(0, MAX_TEXT_LENGTH)}`;
  }
  const { name, message, stack } = error;
  // RxJS' errors and DOMException are no native errors, but look like one.
  if (isNativeError(error) || typeof message === 'string') {
    const title = `${typeof name === 'string' ? name : 'Error'}: ${String(message)}`;
    if (typeof stack !== 'string') return title;
    return stack.includes(String(message)) ? stack : `${title}\n${stack}`;
  }
  return `object thrown, with the properties ${Object.keys(error).join(', ').slice(0, MAX_TEXT_LENGTH)}`;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
