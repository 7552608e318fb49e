import { WechatPayError } from './wechatpay.error.js';

/** One fault in the options. */
export interface ConfigurationProblem {
  /** The option, or the environment variable, that is at fault. */
  readonly option: string;
  /** What is wrong, as the rest of a sentence that begins with the option's name. */
  readonly problem: string;
  /** What to do about it. */
  readonly fix: string;
}

/** The options cannot work. Thrown at boot, with every fault at once and no secret. */
export class WechatPayConfigurationError extends WechatPayError {
  declare readonly code: 'INVALID_CONFIGURATION';

  constructor(readonly problems: readonly ConfigurationProblem[]) {
    super(
      'INVALID_CONFIGURATION',
      [
        `WechatPayComplaintModule cannot start, ${problems.length === 1 ? 'one option is' : `${problems.length} options are`} wrong:`,
        ...problems.map(({ option, problem, fix }) => `  - ${option} ${problem}. ${fix}`),
      ].join('\n'),
    );
  }
}
