import { WechatPayError } from './wechatpay.error.js';

export interface ConfigurationProblem {
  /** The option, environment variable or package that is at fault. */
  readonly option: string;
  /** What is wrong, as the rest of a sentence that begins with `option`. */
  readonly problem: string;
  /** What to do about it. */
  readonly fix: string;
}

/**
 * The module cannot work with its options, or with an installed package. Thrown at startup, and the
 * cause of an error about a merchant whose looked-up options are faulty. Lists every problem at once
 * and contains no secret.
 */
export class WechatPayConfigurationError extends WechatPayError {
  declare readonly code: 'INVALID_CONFIGURATION';
  declare readonly problems: readonly ConfigurationProblem[];

  constructor(
    problems: readonly ConfigurationProblem[],
    /** What is impossible, as the beginning of a sentence. */
    consequence = 'WechatPayComplaintModule cannot start',
  ) {
    super(
      'INVALID_CONFIGURATION',
      [
        `${consequence} because of ${problems.length === 1 ? 'one problem' : `${problems.length} problems`}:`,
        ...problems.map(({ option, problem, fix }) => `  - ${option} ${problem}. ${fix}`),
      ].join('\n'),
    );
    // Not enumerable: Nest prints every enumerable property of an error after its message, which
    // lists the problems already.
    Object.defineProperty(this, 'problems', { value: problems });
  }
}
