import { firstValueFrom } from 'rxjs';
import { ComplaintNotificationService } from '../../callback-url/complaint-notification.service.js';
import { callbackUrlProblems } from '../../protocol/callback-url.js';
import type { Command } from '../command.js';
import { confirmChange, YES_OPTION } from '../confirmation.js';
import { ENVIRONMENT_OPTIONS, readOptions } from '../environment.js';
import { EXIT, usageError } from '../exit-codes.js';
import { JSON_OPTION } from '../output-options.js';
import { findRegistration } from '../registration.js';
import { isSimulated, withWechatPay } from '../wechatpay.js';

export const urlSet: Command = {
  name: 'url set',
  summary: 'Register a callback URL at WeChat Pay',
  description:
    'Shows which URL it replaces, and asks before it does so. Without a terminal, --yes is needed.',
  positionals: ['URL'],
  options: { ...ENVIRONMENT_OPTIONS, ...YES_OPTION, ...JSON_OPTION },
  run: ({ args, terminal }) => {
    const options = readOptions(args, terminal);
    const url = args.positional('URL');
    const problems = callbackUrlProblems(url, isSimulated(options));
    if (problems.length > 0) throw usageError(`The URL ${problems.join('; ')}.`);
    return withWechatPay(options, terminal, async (wechatPay) => {
      const service = wechatPay.get(ComplaintNotificationService);
      const registered = await findRegistration(service);
      if (registered !== undefined && registered !== url) {
        terminal.note(`Registered for merchant ${options.mchid}: ${registered}`);
        terminal.note('It would receive no more notifications.');
        if (!(await confirmChange(`Replace it with ${url}?`, args, terminal))) return EXIT.fault;
      }
      const result = await firstValueFrom(service.ensure({ url }));
      if (args.flag('json')) terminal.json(result);
      else terminal.print(`${result.outcome}: ${url} for merchant ${options.mchid}`);
      return EXIT.ok;
    });
  },
};
