import { firstValueFrom } from 'rxjs';
import { ComplaintNotificationService } from '../../callback-url/complaint-notification.service.js';
import type { Command } from '../command.js';
import { confirmChange, YES_OPTION } from '../confirmation.js';
import { ENVIRONMENT_OPTIONS, readOptions } from '../environment.js';
import { EXIT } from '../exit-codes.js';
import { findRegistration } from '../registration.js';
import { withWechatPay } from '../wechatpay.js';

export const urlDelete: Command = {
  name: 'url delete',
  summary: 'Remove the callback URL from WeChat Pay',
  description:
    'Shows the URL, and asks before it is removed. Without a terminal, --yes is needed. ' +
    'Exits with 1\nwhen none is registered.',
  options: { ...ENVIRONMENT_OPTIONS, ...YES_OPTION },
  run: ({ args, terminal }) => {
    const options = readOptions(args, terminal);
    return withWechatPay(options, terminal, async (wechatPay) => {
      const service = wechatPay.get(ComplaintNotificationService);
      const url = await findRegistration(service);
      if (url === undefined) {
        terminal.note(`No callback URL is registered for merchant ${options.mchid}.`);
        return EXIT.fault;
      }
      terminal.note(`Registered for merchant ${options.mchid}: ${url}`);
      terminal.note('Without it, WeChat Pay sends no notifications.');
      if (!(await confirmChange('Remove it?', args, terminal))) return EXIT.fault;
      await firstValueFrom(service.delete(), { defaultValue: undefined });
      terminal.print(`deleted: ${url} of merchant ${options.mchid}`);
      return EXIT.ok;
    });
  },
};
