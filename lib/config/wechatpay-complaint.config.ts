import { readFileSync } from 'node:fs';
import { isNativeError } from 'node:util/types';
import { registerAs } from '@nestjs/config';
import { KeyMaterialError, parsePlatformKey } from '../protocol/rsa-key.js';
import { resolveOptions } from './resolve-options.js';
import type { WechatPayComplaintModuleOptions } from './wechatpay-complaint-options.interface.js';
import {
  type ConfigurationProblem,
  WechatPayConfigurationError,
} from '../errors/wechatpay-configuration.error.js';

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

interface Pem {
  /** The variable that was set, or that should have been. */
  readonly variable: string;
  readonly isSet: boolean;
  /** Undefined also when it was set and could not be read. */
  readonly value?: string;
}

function readEnvironment(env: Environment): WechatPayComplaintModuleOptions {
  const problems: ConfigurationProblem[] = [];
  const report = (option: string, problem: string, fix: string): void => {
    problems.push({ option, problem, fix });
  };
  const text = (name: string): string | undefined => env[name]?.trim() || undefined;
  const required = (name: string): string => {
    const value = text(name);
    if (value === undefined) report(name, 'is not set', 'The README lists the variables.');
    return value ?? '';
  };
  const number = (name: string): number | undefined => {
    const value = text(name);
    if (value === undefined) return undefined;
    if (!/^\d+$/.test(value)) report(name, 'is not a whole number', 'Write digits only.');
    return Number(value);
  };
  /** PEM from a variable, or from the file that its `_PATH` twin names. */
  const pem = (name: string): Pem => {
    const [value, path] = [text(name), text(`${name}_PATH`)];
    if (path === undefined) return { variable: name, isSet: value !== undefined, value };
    if (value !== undefined) {
      report(name, `and ${name}_PATH are both set`, 'Keep one of them.');
      return { variable: name, isSet: true };
    }
    const variable = `${name}_PATH`;
    try {
      return { variable, isSet: true, value: readFileSync(path, 'utf8') };
    } catch (error) {
      const code = isNativeError(error) && 'code' in error ? String(error.code) : 'no code';
      report(variable, `names a file that cannot be read (${code})`, 'Check path and permissions.');
      return { variable, isSet: true };
    }
  };
  const flag = (name: string): boolean | undefined => {
    const value = text(name)?.toLowerCase();
    if (value === undefined) return undefined;
    if (value === 'true' || value === 'false') return value === 'true';
    report(name, 'is neither true nor false', 'Write one of them.');
    return undefined;
  };

  const privateKey = pem('WECHATPAY_PRIVATE_KEY');
  if (!privateKey.isSet) {
    report(privateKey.variable, 'is not set', 'Set it, or WECHATPAY_PRIVATE_KEY_PATH.');
  }
  const publicKey = pem('WECHATPAY_PUBLIC_KEY');
  const publicKeyId = text('WECHATPAY_PUBLIC_KEY_ID');
  if (publicKey.isSet && publicKeyId === undefined) {
    const fix = 'It is the 公钥ID beside the public key in the merchant console.';
    report('WECHATPAY_PUBLIC_KEY_ID', 'is not set', fix);
  } else if (!publicKey.isSet && publicKeyId !== undefined) {
    const fix = 'Set it, or WECHATPAY_PUBLIC_KEY_PATH, beside its id.';
    report(publicKey.variable, 'is not set', fix);
  }
  const certificate = pem('WECHATPAY_PLATFORM_CERTIFICATE');
  const certificateSerial = serialOf(certificate, report);

  const platformKeys: Record<string, string> = {};
  if (publicKeyId !== undefined && publicKey.value !== undefined) {
    platformKeys[publicKeyId] = publicKey.value;
  }
  if (certificateSerial !== undefined && certificate.value !== undefined) {
    platformKeys[certificateSerial] = certificate.value;
  }
  const hasKeys = Object.keys(platformKeys).length > 0;
  const isAnyKeyMeant = publicKey.isSet || publicKeyId !== undefined || certificate.isSet;
  const download = flag('WECHATPAY_DOWNLOAD_CERTIFICATES');

  const options: WechatPayComplaintModuleOptions = {
    mchid: required('WECHATPAY_MCHID'),
    serial: required('WECHATPAY_SERIAL'),
    privateKey: privateKey.value ?? '',
    apiV3Key: required('WECHATPAY_API_V3_KEY'),
    platformKeys: hasKeys ? platformKeys : undefined,
    platformCertificates: {
      // A key that is meant but faulty has been reported; that there is none would be one too many.
      download: download === false && isAnyKeyMeant ? !hasKeys : (download ?? !hasKeys),
      refreshInterval: number('WECHATPAY_REFRESH_INTERVAL'),
    },
    baseUrls: text('WECHATPAY_BASE_URLS')
      ?.split(',')
      .map((url) => url.trim()),
    callbackUrl: text('WECHATPAY_CALLBACK_URL'),
    timeout: number('WECHATPAY_TIMEOUT'),
    clockTolerance: number('WECHATPAY_CLOCK_TOLERANCE'),
  };

  /** Where each option comes from; those of one list or map share a beginning. */
  const variables: readonly [option: string, variable: string][] = [
    ['mchid', 'WECHATPAY_MCHID'],
    ['serial', 'WECHATPAY_SERIAL'],
    ['privateKey', privateKey.variable],
    ['apiV3Key', 'WECHATPAY_API_V3_KEY'],
    [`platformKeys['${certificateSerial}']`, certificate.variable],
    ['platformKeys', publicKey.variable],
    ['platformCertificates.refreshInterval', 'WECHATPAY_REFRESH_INTERVAL'],
    ['baseUrls', 'WECHATPAY_BASE_URLS'],
    ['callbackUrl', 'WECHATPAY_CALLBACK_URL'],
    ['timeout', 'WECHATPAY_TIMEOUT'],
    ['clockTolerance', 'WECHATPAY_CLOCK_TOLERANCE'],
  ];
  const reported = new Set(problems.map(({ option }) => option));
  for (const { option, problem, fix } of faultsOf(options)) {
    const [, variable = option] = variables.find(([name]) => option.startsWith(name)) ?? [];
    if (!reported.has(variable)) report(variable, problem, fix);
  }
  if (problems.length > 0) throw new WechatPayConfigurationError(problems);
  return options;
}

/** A certificate is registered under its own serial, so nobody has to copy that. */
function serialOf(
  { variable, value }: Pem,
  report: (option: string, problem: string, fix: string) => void,
): string | undefined {
  if (value === undefined) return undefined;
  try {
    const key = parsePlatformKey(value);
    if ('serial' in key) return key.serial;
    report(variable, 'is a public key', 'It goes into WECHATPAY_PUBLIC_KEY.');
  } catch (error) {
    if (!(error instanceof KeyMaterialError)) throw error;
    report(variable, error.problem, error.fix);
  }
  return undefined;
}

/** What the module would find fault with at boot. */
function faultsOf(options: WechatPayComplaintModuleOptions): readonly ConfigurationProblem[] {
  try {
    resolveOptions(options);
    return [];
  } catch (error) {
    if (error instanceof WechatPayConfigurationError) return error.problems;
    throw error;
  }
}
