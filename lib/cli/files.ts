import { readFileSync } from 'node:fs';
import { isNativeError } from 'node:util/types';
import { errorMessage } from '../utils/error-message.js';
import { CommandError, EXIT } from './exit-codes.js';

/** The bytes of a file that an option names. @throws CommandError */
export function readBytes(option: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new CommandError(
      EXIT.configuration,
      `${option} ${path} cannot be read: ${reasonOf(cause)}.`,
      { cause },
    );
  }
}

/** Why a file cannot be used, without its path. */
export function reasonOf(error: unknown): string {
  const code = isNativeError(error) && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'ENOENT':
      return 'there is no such file';
    case 'EISDIR':
      return 'it is a folder';
    case 'EACCES':
      return 'the current user may not read it';
    default:
      return errorMessage(error);
  }
}
