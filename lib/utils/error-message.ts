import { isNativeError } from 'node:util/types';

/** What an error says. By no `instanceof`: under jest, errors of Node are of another realm. */
export function errorMessage(error: unknown): string {
  if (!isNativeError(error)) return String(error);
  // What Node throws when it has tried every address of a host has no message of its own.
  return error.message === '' && 'errors' in error && Array.isArray(error.errors)
    ? error.errors.map(errorMessage).join('; ')
    : error.message;
}
