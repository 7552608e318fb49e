import {
  type ConfigurationProblem,
  WechatPayConfigurationError,
} from '../errors/wechatpay-configuration.error.js';
import { resolveOptions } from './resolve-options.js';

/** The faults that the module would find at startup. */
export function findOptionFaults(options: object): readonly ConfigurationProblem[] {
  try {
    resolveOptions(options);
    return [];
  } catch (error) {
    if (error instanceof WechatPayConfigurationError) return error.problems;
    throw error;
  }
}
