import { firstValueFrom } from 'rxjs';
import { ComplaintService } from '../../complaints/complaint.service.js';
import type { Command } from '../command.js';
import { describeComplaint, presentable, REVEAL_OPTION } from '../complaint-view.js';
import { ENVIRONMENT_OPTIONS, readOptions } from '../environment.js';
import { EXIT } from '../exit-codes.js';
import { JSON_OPTION } from '../output-options.js';
import { withWechatPay } from '../wechatpay.js';

export const complaintsShow: Command = {
  name: 'complaints show',
  summary: 'Print one complaint',
  positionals: ['ID'],
  options: { ...REVEAL_OPTION, ...ENVIRONMENT_OPTIONS, ...JSON_OPTION },
  run: ({ args, terminal }) =>
    withWechatPay(readOptions(args, terminal), terminal, async (wechatPay) => {
      const service = wechatPay.get(ComplaintService);
      const isRevealed = args.flag('reveal');
      const complaint = await presentable(
        await firstValueFrom(service.get(args.positional('ID'))),
        service,
        isRevealed,
      );
      if (args.flag('json')) terminal.json(complaint);
      else terminal.properties(describeComplaint(complaint, isRevealed));
      return EXIT.ok;
    }),
};
