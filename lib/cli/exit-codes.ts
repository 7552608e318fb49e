import { WechatPayApiError } from '../errors/wechatpay-api.error.js';
import { WechatPayArgumentError } from '../errors/wechatpay-argument.error.js';
import { WechatPayConfigurationError } from '../errors/wechatpay-configuration.error.js';
import { WechatPayError } from '../errors/wechatpay.error.js';

/** What the process ends with. Programs rely on these numbers: they never change their meaning. */
export const EXIT = {
  /** Done, and nothing is wrong. */
  ok: 0,
  /** A check has found a fault, or the answer is no: nothing is registered, nothing was changed. */
  fault: 1,
  /** The command line is wrong. Nothing was sent. */
  usage: 2,
  /** The environment, a file or an optional package is missing or unusable. Nothing was sent. */
  configuration: 3,
  /** WeChat Pay responded with an error. */
  api: 4,
  /** No response arrived, or none that can be trusted: the outcome is not known. */
  noResponse: 5,
  /** A fault of this program. */
  internal: 70,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Ends a command with a message for people and an exit code. */
export class CommandError extends Error {
  override readonly name = 'CommandError';

  constructor(
    readonly exitCode: ExitCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

export function usageError(message: string): CommandError {
  return new CommandError(EXIT.usage, message);
}

/** The exit code for anything that a command throws. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CommandError) return error.exitCode;
  if (error instanceof WechatPayArgumentError) return EXIT.usage;
  if (error instanceof WechatPayConfigurationError) return EXIT.configuration;
  if (error instanceof WechatPayApiError) return EXIT.api;
  return error instanceof WechatPayError ? EXIT.noResponse : EXIT.internal;
}
