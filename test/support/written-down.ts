import { inspect } from 'node:util';
import { isNativeError } from 'node:util/types';

/** An error in every form in which people and tools print one. */
export function writtenDown(error: unknown): string {
  const parts: string[] = [];
  for (let cause: unknown = error; isNativeError(cause); cause = cause.cause) {
    parts.push(
      inspect(cause, { depth: 20, showHidden: true, maxStringLength: null, maxArrayLength: null }),
      JSON.stringify(cause),
      String(cause),
      JSON.stringify(cause, Object.getOwnPropertyNames(cause)),
      cause.stack ?? '',
    );
  }
  return parts.join('\n');
}
