import {
  type ConfigurationProblem,
  WechatPayConfigurationError,
} from '../errors/wechatpay-configuration.error.js';
import { Environment } from './environment.js';
import type { Report } from './option-checks.js';
import { MERCHANTS_PATH, readSeveralMerchants } from './several-merchants-environment.js';
import { readSingleMerchant } from './single-merchant-environment.js';
import type { WechatPayComplaintModuleOptions } from './wechatpay-complaint-options.interface.js';

/**
 * Reads the options from environment variables: those of several merchants if WECHATPAY_MERCHANTS_PATH
 * is set, otherwise those of one.
 *
 * @throws WechatPayConfigurationError naming every variable that is missing or unusable
 */
export function readEnvironment(
  variables: Readonly<Record<string, string | undefined>>,
): WechatPayComplaintModuleOptions {
  const problems: ConfigurationProblem[] = [];
  const report: Report = (option, problem, fix) => {
    // Further faults of a variable follow from its first one: what cannot be read is missing, too.
    if (problems.some((reported) => reported.option === option)) return;
    problems.push({ option, problem, fix });
  };
  const env = new Environment(variables, report);
  const path = env.text(MERCHANTS_PATH);
  const options =
    path === undefined ? readSingleMerchant(env, report) : readSeveralMerchants(env, path, report);
  if (problems.length > 0) throw new WechatPayConfigurationError(problems);
  return options;
}
