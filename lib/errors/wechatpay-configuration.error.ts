import { WechatPayError } from './wechatpay.error.js';

/** A fault in the options. */
export interface ConfigurationProblem {
  /** The faulty option or environment variable. */
  readonly option: string;
  /** What is wrong: the rest of a sentence that begins with `option`. */
  readonly problem: string;
  /** What to do about it. */
  readonly fix: string;
}

/** The options cannot work. Thrown at startup with all faults together; holds no secret. */
export class WechatPayConfigurationError extends WechatPayError {
  declare readonly code: 'INVALID_CONFIGURATION';
  declare readonly problems: readonly ConfigurationProblem[];

  constructor(problems: readonly ConfigurationProblem[]) {
    const count = problems.length === 1 ? 'one option is' : `${problems.length} options are`;
    super(
      'INVALID_CONFIGURATION',
      [
        `WechatPayComplaintModule cannot start, ${count} wrong:`,
        ...problems.map(({ option, problem, fix }) => `  - ${option} ${problem}. ${fix}`),
      ].join('\n'),
    );
    // Not enumerable: Nest prints every enumerable property of an error after its message, which
    // lists the problems already.
    Object.defineProperty(this, 'problems', { value: problems });
  }
}
