import { ComplaintService } from '../../complaints/complaint.service.js';
import type { ComplaintHistoryEntry } from '../../complaints/interfaces/complaint-history.interface.js';
import type { Command } from '../command.js';
import { describeEntry } from '../complaint-view.js';
import { ENVIRONMENT_OPTIONS, readOptions } from '../environment.js';
import { EXIT } from '../exit-codes.js';
import { JSON_OPTION } from '../output-options.js';
import { withWechatPay } from '../wechatpay.js';

export const complaintsHistory: Command = {
  name: 'complaints history',
  summary: 'Print what was said and done about a complaint, oldest first',
  positionals: ['ID'],
  options: { ...ENVIRONMENT_OPTIONS, ...JSON_OPTION },
  run: ({ args, terminal }) =>
    withWechatPay(readOptions(args, terminal), terminal, async (wechatPay) => {
      const entries: ComplaintHistoryEntry[] = [];
      const service = wechatPay.get(ComplaintService);
      for await (const entry of service.historyAll(args.positional('ID'))) entries.unshift(entry);
      if (args.flag('json')) terminal.json(entries);
      else
        terminal.table(['TIME', 'BY', 'WHAT', 'TEXT'], entries.map(describeEntry), {
          isCut: false,
        });
      return EXIT.ok;
    }),
};
