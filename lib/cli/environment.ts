import { existsSync } from 'node:fs';
import { loadEnvFile } from 'node:process';
import { readEnvironment } from '../config/read-environment.js';
import type { SingleMerchantOptions } from '../config/wechatpay-complaint-options.interface.js';
import { WechatPayConfigurationError } from '../errors/wechatpay-configuration.error.js';
import type { Arguments, OptionDeclarations } from './arguments.js';
import { CommandError, EXIT } from './exit-codes.js';
import { reasonOf } from './files.js';
import type { Terminal } from './terminal.js';

/** The options of every command that needs a merchant. */
export const ENVIRONMENT_OPTIONS: OptionDeclarations = {
  'env-file': {
    placeholder: 'FILE',
    description: 'read WECHATPAY_* variables from a file; those of the environment win',
  },
};

/**
 * The module options that an app with `wechatPayComplaintConfig` has in this environment.
 *
 * @throws WechatPayConfigurationError, CommandError
 */
export function readOptions(args: Arguments, terminal: Terminal): SingleMerchantOptions {
  const file = args.text('env-file');
  if (file !== undefined) loadFile(file);
  try {
    return readEnvironment(process.env);
  } catch (error) {
    const isForgotten = file === undefined && existsSync('.env');
    if (error instanceof WechatPayConfigurationError && isForgotten) {
      terminal.note('There is a file .env here, which was not read: add --env-file .env.');
    }
    throw error;
  }
}

/** As Node does it: a variable that is set already keeps its value. */
function loadFile(file: string): void {
  try {
    loadEnvFile(file);
  } catch (cause) {
    throw new CommandError(
      EXIT.configuration,
      `--env-file ${file} cannot be read: ${reasonOf(cause)}.`,
      { cause },
    );
  }
}
