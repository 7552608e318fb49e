import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { CommandError, EXIT } from '../exit-codes.js';
import { reasonOf } from '../files.js';

/** A file without this line was written by somebody else, and is left alone. */
const FIRST_LINE =
  '# Written by the WeChat Pay simulator of nestjs-wechatpay-complaint. Not for production.';

/** Variables as the lines of a `.env`. */
export function toEnvLines(variables: Readonly<Record<string, string>>): string[] {
  return Object.entries(variables).map(([name, value]) => `${name}=${quote(value)}`);
}

/** Single quotes keep the backslashes of a Windows path. */
function quote(value: string): string {
  return /^[\w./:@,+-]*$/.test(value) ? value : `'${value}'`;
}

/** @throws CommandError when the file belongs to somebody else, or cannot be written */
export function writeEnvFile(path: string, variables: Readonly<Record<string, string>>): void {
  if (existsSync(path) && !readFileSync(path, 'utf8').startsWith(FIRST_LINE)) {
    throw new CommandError(
      EXIT.configuration,
      `${path} was not written by the simulator, and may hold real keys. Choose another file, such ` +
        'as --write-env .env.simulator.',
    );
  }
  try {
    writeFileSync(path, [FIRST_LINE, ...toEnvLines(variables), ''].join('\n'), { mode: 0o600 });
  } catch (cause) {
    throw new CommandError(
      EXIT.configuration,
      `--write-env ${path} cannot be written: ${reasonOf(cause)}.`,
      { cause },
    );
  }
}
