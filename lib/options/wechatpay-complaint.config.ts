import { readFileSync } from 'node:fs';
import { isNativeError } from 'node:util/types';
import { registerAs } from '@nestjs/config';
import { KeyMaterialError, parsePlatformKey } from '../protocol/rsa-key.js';
import { resolveOptions } from './resolve-options.js';
import type { WechatPayComplaintModuleOptions } from './wechatpay-complaint-options.interface.js';
import {
  type ConfigurationProblem,
  WechatPayConfigurationError,
} from './wechatpay-configuration.error.js';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Module options from `WECHATPAY_*` environment variables:
 *
 * ```ts
 * WechatPayComplaintModule.forRootAsync(wechatPayComplaintConfig.asProvider())
 * ```
 *
 * The README lists the variables. Each PEM can be given inline (line feeds may be written `\n`) or
 * as a file in the variable of the same name with `_PATH`.
 *
 * @throws WechatPayConfigurationError naming every variable that is missing or unusable
 */
export const wechatPayComplaintConfig = registerAs('wechatPayComplaint', () =>
  readEnvironment(process.env),
);

function readEnvironment(env: Environment): WechatPayComplaintModuleOptions {
  const problems: ConfigurationProblem[] = [];
  const report = (option: string, problem: string, fix: string): void => {
    problems.push({ option, problem, fix });
  };
  const text = (name: string): string | undefined => env[name]?.trim() || undefined;
  const required = (name: string): string => {
    const value = text(name);
    if (value === undefined)
      report(name, 'is not set', 'See the table of variables in the README.');
    return value ?? '';
  };
  /** PEM from a variable or from the file that its `_PATH` twin names; `variable` is the one set. */
  const pem = (name: string): { variable?: string; value?: string } => {
    const [inline, path] = [text(name), text(`${name}_PATH`)];
    if (path === undefined) return inline === undefined ? {} : { variable: name, value: inline };
    const variable = `${name}_PATH`;
    if (inline !== undefined) {
      report(name, `and ${variable} are both set`, 'Keep one of them.');
      return { variable };
    }
    try {
      return { variable, value: readFileSync(path, 'utf8') };
    } catch (error) {
      const reason = isNativeError(error) && 'code' in error ? String(error.code) : 'unknown';
      report(
        variable,
        `names a file that cannot be read (${reason})`,
        'Check path and permissions.',
      );
      return { variable };
    }
  };
  const number = (name: string): number | undefined => {
    const value = text(name);
    if (value === undefined) return undefined;
    if (!/^\d+$/.test(value)) report(name, 'is not a whole number', 'Write digits only.');
    return Number(value);
  };

  const privateKey = pem('WECHATPAY_PRIVATE_KEY');
  if (!privateKey.variable) {
    report('WECHATPAY_PRIVATE_KEY', 'is not set', 'Set it, or WECHATPAY_PRIVATE_KEY_PATH.');
  }

  const platformKeys: Record<string, string> = {};
  const publicKey = pem('WECHATPAY_PUBLIC_KEY');
  const publicKeyId = text('WECHATPAY_PUBLIC_KEY_ID');
  if (publicKey.variable && publicKeyId === undefined) {
    report(
      'WECHATPAY_PUBLIC_KEY_ID',
      'is not set',
      'It is the 公钥ID beside the public key in the merchant console.',
    );
  } else if (!publicKey.variable && publicKeyId !== undefined) {
    report(
      'WECHATPAY_PUBLIC_KEY',
      'is not set',
      'Set it, or WECHATPAY_PUBLIC_KEY_PATH, beside its id.',
    );
  } else if (publicKey.value !== undefined && publicKeyId !== undefined) {
    platformKeys[publicKeyId] = publicKey.value;
  }
  const certificate = pem('WECHATPAY_PLATFORM_CERTIFICATE');
  if (certificate.variable && certificate.value !== undefined) {
    try {
      const parsed = parsePlatformKey(certificate.value);
      if ('serial' in parsed) platformKeys[parsed.serial] = certificate.value;
      else report(certificate.variable, 'is a public key', 'It goes into WECHATPAY_PUBLIC_KEY.');
    } catch (error) {
      if (!(error instanceof KeyMaterialError)) throw error;
      report(certificate.variable, error.problem, error.fix);
    }
  }

  const download = text('WECHATPAY_DOWNLOAD_CERTIFICATES')?.toLowerCase();
  if (download !== undefined && download !== 'true' && download !== 'false') {
    report('WECHATPAY_DOWNLOAD_CERTIFICATES', 'is neither true nor false', 'Write one of them.');
  }
  const refreshInterval = number('WECHATPAY_REFRESH_INTERVAL');
  const hasKeys = Object.keys(platformKeys).length > 0;

  const options: WechatPayComplaintModuleOptions = {
    mchid: required('WECHATPAY_MCHID'),
    serial: required('WECHATPAY_SERIAL'),
    privateKey: privateKey.value ?? '',
    apiV3Key: required('WECHATPAY_API_V3_KEY'),
    platformKeys: hasKeys ? platformKeys : undefined,
    platformCertificates: {
      download: download === undefined ? !hasKeys : download === 'true',
      refreshInterval,
    },
    baseUrls: text('WECHATPAY_BASE_URLS')
      ?.split(',')
      .map((url) => url.trim()),
    timeout: number('WECHATPAY_TIMEOUT'),
    clockTolerance: number('WECHATPAY_CLOCK_TOLERANCE'),
  };
  // What the module would find fault with at boot is found now, under the variable's name.
  const variables: Readonly<Record<string, string | undefined>> = {
    mchid: 'WECHATPAY_MCHID',
    serial: 'WECHATPAY_SERIAL',
    privateKey: privateKey.variable ?? 'WECHATPAY_PRIVATE_KEY',
    apiV3Key: 'WECHATPAY_API_V3_KEY',
    platformKeys: publicKey.variable ?? certificate.variable ?? 'WECHATPAY_PUBLIC_KEY',
    platformCertificates: 'WECHATPAY_REFRESH_INTERVAL',
    baseUrls: 'WECHATPAY_BASE_URLS',
    timeout: 'WECHATPAY_TIMEOUT',
    clockTolerance: 'WECHATPAY_CLOCK_TOLERANCE',
  };
  for (const { option, ...fault } of faultsOf(options)) {
    const variable = variables[option.replace(/\W.*/, '')] ?? option;
    if (!problems.some((known) => known.option === variable)) {
      problems.push({ option: variable, ...fault });
    }
  }
  if (problems.length > 0) throw new WechatPayConfigurationError(problems);
  return options;
}

function faultsOf(options: WechatPayComplaintModuleOptions): readonly ConfigurationProblem[] {
  try {
    resolveOptions(options);
    return [];
  } catch (error) {
    if (error instanceof WechatPayConfigurationError) return error.problems;
    throw error;
  }
}
