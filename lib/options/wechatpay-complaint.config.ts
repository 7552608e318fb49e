import { readFileSync } from 'node:fs';
import { registerAs } from '@nestjs/config';
import { parseCertificate } from '../protocol/rsa-key.js';
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
  const pem = (name: string): string | undefined => {
    const path = text(`${name}_PATH`);
    const inline = text(name);
    if (path === undefined) return inline;
    if (inline !== undefined) {
      report(name, `and ${name}_PATH are both set`, 'Keep one of them.');
      return undefined;
    }
    try {
      return readFileSync(path, 'utf8');
    } catch (error) {
      const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
      report(
        `${name}_PATH`,
        `names a file that cannot be read (${reason})`,
        'Check path and permissions.',
      );
      return undefined;
    }
  };
  const number = (name: string): number | undefined => {
    const value = text(name);
    if (value === undefined) return undefined;
    if (!/^\d+$/.test(value)) report(name, 'is not a whole number', 'Write digits only.');
    return Number(value);
  };

  const privateKey = pem('WECHATPAY_PRIVATE_KEY');
  if (
    privateKey === undefined &&
    !problems.some(({ option }) => option.startsWith('WECHATPAY_PRIVATE_KEY'))
  ) {
    report('WECHATPAY_PRIVATE_KEY', 'is not set', 'Set it, or WECHATPAY_PRIVATE_KEY_PATH.');
  }

  const platformKeys: Record<string, string> = {};
  const publicKey = pem('WECHATPAY_PUBLIC_KEY');
  const publicKeyId = text('WECHATPAY_PUBLIC_KEY_ID');
  if (publicKey !== undefined && publicKeyId !== undefined) {
    platformKeys[publicKeyId] = publicKey;
  } else if (publicKey !== undefined) {
    report(
      'WECHATPAY_PUBLIC_KEY_ID',
      'is not set',
      'It is the 公钥ID beside the public key in the merchant console.',
    );
  } else if (
    publicKeyId !== undefined &&
    problems.every(({ option }) => !option.startsWith('WECHATPAY_PUBLIC_KEY'))
  ) {
    report(
      'WECHATPAY_PUBLIC_KEY',
      'is not set',
      'Set it, or WECHATPAY_PUBLIC_KEY_PATH, beside its id.',
    );
  }
  const certificate = pem('WECHATPAY_PLATFORM_CERTIFICATE');
  if (certificate !== undefined) {
    try {
      platformKeys[parseCertificate(certificate.replaceAll('\\n', '\n')).serial] = certificate;
    } catch {
      report(
        'WECHATPAY_PLATFORM_CERTIFICATE',
        'is not a certificate in PEM',
        'Give a platform certificate (平台证书).',
      );
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
    privateKey: privateKey ?? '',
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
  if (problems.length > 0) throw new WechatPayConfigurationError(problems);
  return options;
}
