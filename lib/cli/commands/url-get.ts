import { ComplaintNotificationService } from '../../callback-url/complaint-notification.service.js';
import type { Command } from '../command.js';
import { ENVIRONMENT_OPTIONS, readOptions } from '../environment.js';
import { EXIT } from '../exit-codes.js';
import { JSON_OPTION } from '../output-options.js';
import { findRegistration } from '../registration.js';
import { withWechatPay } from '../wechatpay.js';

export const urlGet: Command = {
  name: 'url get',
  summary: 'Print the callback URL that is registered at WeChat Pay',
  description: 'Exits with 1 when none is registered.',
  options: { ...ENVIRONMENT_OPTIONS, ...JSON_OPTION },
  run: ({ args, terminal }) => {
    const options = readOptions(args, terminal);
    return withWechatPay(options, terminal, async (wechatPay) => {
      const url = await findRegistration(wechatPay.get(ComplaintNotificationService));
      if (args.flag('json')) terminal.json({ mchid: options.mchid, url: url ?? null });
      else if (url !== undefined) terminal.print(url);
      else terminal.note(`No callback URL is registered for merchant ${options.mchid}.`);
      return url === undefined ? EXIT.fault : EXIT.ok;
    });
  },
};
