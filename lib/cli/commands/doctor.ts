import type { SingleMerchantOptions } from '../../config/wechatpay-complaint-options.interface.js';
import { WechatPayConfigurationError } from '../../errors/wechatpay-configuration.error.js';
import { PUBLIC_KEY_ID_PREFIX } from '../../protocol/constants.js';
import type { Arguments } from '../arguments.js';
import { type Check, fault, hasFault, printCheck, summarize } from '../checks.js';
import type { Command } from '../command.js';
import { checkMerchantCertificate, checkOptions } from '../doctor/options.check.js';
import { checkPlatformKeys } from '../doctor/platform-keys.check.js';
import { checkRegistration } from '../doctor/registration.check.js';
import { checkRoute } from '../doctor/route.check.js';
import { checkStore } from '../doctor/store.check.js';
import { ENVIRONMENT_OPTIONS, readOptions } from '../environment.js';
import { EXIT, usageError } from '../exit-codes.js';
import { JSON_OPTION } from '../output-options.js';
import type { Terminal } from '../terminal.js';
import { isSimulated, withWechatPay } from '../wechatpay.js';

/** Takes what a check has found. */
type Report = (...checks: readonly Check[]) => void;

export const doctor: Command = {
  name: 'doctor',
  summary: 'Check configuration, keys, clock, registration and route',
  description:
    'Changes nothing: it sends signed GETs to WeChat Pay and a signature probe to the registered URL.\n' +
    'Exits with 1 when it has found a fault.',
  options: {
    certificate: {
      placeholder: 'FILE',
      description: 'apiclient_cert.pem, by default the one beside the private key',
    },
    redis: {
      placeholder: 'URL',
      description: 'the store, by default REDIS_URL of the environment',
    },
    app: {
      placeholder: 'ORIGIN',
      description: 'send the probe there, instead of to the host of the registered URL',
    },
    ...ENVIRONMENT_OPTIONS,
    ...JSON_OPTION,
  },
  run: async ({ args, terminal }) => {
    const isJson = args.flag('json');
    const checks: Check[] = [];
    const report: Report = (...found) => {
      checks.push(...found);
      if (!isJson) for (const check of found) printCheck(check, terminal);
    };
    const app = readApp(args);
    const options = readOrReport(args, terminal, report);
    if (options) await examine(options, app, args, terminal, report);
    if (isJson) {
      terminal.json({ checks });
    } else {
      terminal.print();
      terminal.print(summarize(checks));
    }
    return hasFault(checks) ? EXIT.fault : EXIT.ok;
  },
};

function readApp(args: Arguments): string | undefined {
  const app = args.text('app');
  if (app === undefined || (URL.canParse(app) && /^https?:$/.test(new URL(app).protocol)))
    return app;
  throw usageError('--app must be an origin such as http://localhost:3000.');
}

/** Undefined when the environment is no configuration, which has been reported. */
function readOrReport(
  args: Arguments,
  terminal: Terminal,
  report: Report,
): SingleMerchantOptions | undefined {
  try {
    return readOptions(args, terminal);
  } catch (error) {
    if (!(error instanceof WechatPayConfigurationError)) throw error;
    report(
      ...error.problems.map(({ option, problem, fix }) =>
        fault('Options', `${option} ${problem}`, fix),
      ),
    );
    return undefined;
  }
}

async function examine(
  options: SingleMerchantOptions,
  app: string | undefined,
  args: Arguments,
  terminal: Terminal,
  report: Report,
): Promise<void> {
  const now = Date.now();
  await withWechatPay(options, terminal, async (wechatPay) => {
    const resolved = wechatPay.merchant.options;
    report(...checkOptions(resolved), ...checkMerchantCertificate(resolved, args, now));
    const { url, checks } = await checkRegistration(wechatPay, options.callbackUrl);
    report(...checks);
    report(...(await checkPlatformKeys(wechatPay, now)));
    const serial = [...resolved.platformKeys.keys()][0] ?? `${PUBLIC_KEY_ID_PREFIX}0`;
    const route = { app, serial, isSimulated: isSimulated(options) };
    report(await checkRoute(url, wechatPay.http, route));
  });
  report(
    await checkStore(args.text('redis') ?? (process.env.REDIS_URL || undefined), options.mchid),
  );
}
