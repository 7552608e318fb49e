import { isNativeError } from 'node:util/types';

/**
 * The message of an error, or the text of anything else that was thrown. Avoids `instanceof Error`,
 * which is false for errors of another realm: under jest, those of Node itself.
 */
export function errorMessage(error: unknown): string {
  if (!isNativeError(error)) return String(error);
  // When every address of a host failed, Node throws an AggregateError without a message.
  return error.message === '' && 'errors' in error && Array.isArray(error.errors)
    ? error.errors.map(errorMessage).join('; ')
    : error.message;
}
