import { firstValueFrom } from 'rxjs';
import { ComplaintService } from '../../complaints/complaint.service.js';
import type { Command } from '../command.js';
import { ENVIRONMENT_OPTIONS, readOptions } from '../environment.js';
import { EXIT } from '../exit-codes.js';
import { withWechatPay } from '../wechatpay.js';

export const complaintsComplete: Command = {
  name: 'complaints complete',
  summary: 'Report a complaint to WeChat Pay as handled',
  positionals: ['ID'],
  options: ENVIRONMENT_OPTIONS,
  run: ({ args, terminal }) =>
    withWechatPay(readOptions(args, terminal), terminal, async (wechatPay) => {
      const service = wechatPay.get(ComplaintService);
      const id = args.positional('ID');
      // A service provider completes it for the sub-merchant that the complaint is about.
      const { complainted_mchid } = await firstValueFrom(service.get(id));
      await firstValueFrom(service.complete(id, { complainted_mchid }), {
        defaultValue: undefined,
      });
      terminal.print(`completed: complaint ${id}`);
      return EXIT.ok;
    }),
};
