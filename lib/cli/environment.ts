import { existsSync } from 'node:fs';
import { loadEnvFile } from 'node:process';
import { readEnvironment } from '../config/read-environment.js';
import { fillCallbackUrl } from '../config/resolve-merchant-options.js';
import type {
  MerchantOptions,
  SingleMerchantOptions,
  WechatPayComplaintModuleOptions,
} from '../config/wechatpay-complaint-options.interface.js';
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
  mchid: {
    placeholder: 'MCHID',
    description: 'the merchant, if WECHATPAY_MERCHANTS_PATH names several',
  },
};

/**
 * The module options that an app with `wechatPayComplaintConfig` has in this environment, for one merchant.
 *
 * @throws WechatPayConfigurationError, CommandError
 */
export function readOptions(args: Arguments, terminal: Terminal): SingleMerchantOptions {
  const file = args.text('env-file');
  if (file !== undefined) loadFile(file);
  try {
    const options = optionsFor(args.text('mchid'), readEnvironment(process.env));
    const { callbackUrl, mchid } = options;
    return { ...options, callbackUrl: callbackUrl && fillCallbackUrl(callbackUrl, mchid) };
  } catch (error) {
    const isForgotten = file === undefined && existsSync('.env');
    if (error instanceof WechatPayConfigurationError && isForgotten) {
      terminal.note('There is a file .env here, which was not read: add --env-file .env.');
    }
    throw error;
  }
}

/** @throws CommandError if the merchant is not there, or none of several was named */
function optionsFor(
  mchid: string | undefined,
  options: WechatPayComplaintModuleOptions,
): SingleMerchantOptions {
  if (options.merchants === undefined) {
    if (mchid === undefined || mchid === options.mchid) return options;
    throw new CommandError(
      EXIT.configuration,
      `--mchid ${mchid} is not the merchant of the environment, ${options.mchid}.`,
    );
  }
  const { merchants, callbackUrl, ...shared } = options;
  // The environment lists merchants; only an app can look them up.
  const known: readonly MerchantOptions[] = Array.isArray(merchants) ? merchants : [];
  const [first, ...others] = known;
  const merchant =
    mchid === undefined && others.length === 0 ? first : known.find((one) => one.mchid === mchid);
  if (!merchant) {
    const ids = known.map((one) => one.mchid).join(', ');
    throw new CommandError(
      EXIT.configuration,
      mchid === undefined
        ? `WECHATPAY_MERCHANTS_PATH names several merchants. Choose one with --mchid: ${ids}.`
        : `--mchid ${mchid} is not among the merchants of WECHATPAY_MERCHANTS_PATH: ${ids}.`,
    );
  }
  const url = typeof callbackUrl === 'function' ? callbackUrl(merchant.mchid) : callbackUrl;
  return { ...shared, callbackUrl: url, ...merchant };
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
