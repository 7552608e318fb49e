import { expect } from '@jest/globals';
import type { ConfigurationProblem } from 'nestjs-wechatpay-complaint';
import type { Report } from '../../lib/config/option-checks.js';

/** Runs a check and returns its result and the faults that it reported, in order. */
export function collect<T>(check: (report: Report) => T): {
  result: T;
  problems: ConfigurationProblem[];
} {
  const problems: ConfigurationProblem[] = [];
  const result = check((option, problem, fix) => {
    problems.push({ option, problem, fix });
  });
  return { result, problems };
}

/** Matches a fault: its option exactly, its problem exactly or by pattern, its fix by pattern. */
export function problem(option: string, text: string | RegExp, fix: RegExp): ConfigurationProblem {
  return {
    option,
    problem: typeof text === 'string' ? text : (expect.stringMatching(text) as unknown as string),
    fix: expect.stringMatching(fix) as unknown as string,
  };
}
