import type { Environment } from './environment.js';
import type { Report } from './option-checks.js';
import { findOptionFaults } from './option-faults.js';
import { OPTION_VARIABLES, type OptionVariable, variableOf } from './option-variables.js';
import { readPlatformKeys } from './platform-key-variables.js';
import { readSharedOptions } from './shared-variables.js';
import type { SingleMerchantOptions } from './wechatpay-complaint-options.interface.js';

/**
 * Reads the options of one merchant. Reports missing and unusable variables, and the faults that the
 * module would find at startup, each under the name of its variable.
 */
export function readSingleMerchant(env: Environment, report: Report): SingleMerchantOptions {
  const mchid = env.required('WECHATPAY_MCHID', 'Set it to the merchant id (商户号).');
  const serial = env.required(
    'WECHATPAY_SERIAL',
    'Set it to the serial number of the merchant API certificate: ' +
      'openssl x509 -in apiclient_cert.pem -noout -serial',
  );
  const apiV3Key = env.required('WECHATPAY_API_V3_KEY', 'Set it to the APIv3密钥.');
  const privateKey = env.pem('WECHATPAY_PRIVATE_KEY');
  if (!privateKey.isSet) {
    report(privateKey.name, 'is not set', 'Set it, or WECHATPAY_PRIVATE_KEY_PATH.');
  }
  const keys = readPlatformKeys(env, report);
  const hasKeys = keys.entries.length > 0;
  const download = env.flag('WECHATPAY_DOWNLOAD_CERTIFICATES');
  if (download === false && !keys.isAnySet) {
    report(
      'WECHATPAY_PUBLIC_KEY',
      'is not set, although WECHATPAY_DOWNLOAD_CERTIFICATES is false',
      'Set it and WECHATPAY_PUBLIC_KEY_ID: both are in the merchant console.',
    );
  }
  const options: SingleMerchantOptions = {
    mchid: mchid ?? '',
    serial: serial ?? '',
    privateKey: privateKey.value ?? '',
    apiV3Key: apiV3Key ?? '',
    platformKeys: hasKeys
      ? Object.fromEntries(keys.entries.map(({ id, value }) => [id, value]))
      : undefined,
    platformCertificates: {
      // Without keys, `false` has been reported above.
      download: hasKeys ? (download ?? false) : true,
      refreshInterval: env.number('WECHATPAY_REFRESH_INTERVAL'),
    },
    ...readSharedOptions(env),
  };

  const variables: OptionVariable[] = [
    ['privateKey', privateKey.name],
    ...keys.entries.map(({ id, variable }) => [`platformKeys['${id}']`, variable] as const),
    ...OPTION_VARIABLES,
  ];
  for (const { option, problem, fix } of findOptionFaults(options)) {
    report(variableOf(option, variables) ?? option, problem, fix);
  }
  return options;
}
