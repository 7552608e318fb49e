import { ComplaintService } from '../../complaints/complaint.service.js';
import type { Complaint } from '../../complaints/interfaces/complaint.interface.js';
import type { Arguments } from '../arguments.js';
import type { Command } from '../command.js';
import { flagsOf, presentable, REVEAL_OPTION, shortTime, yuan } from '../complaint-view.js';
import { ENVIRONMENT_OPTIONS, readOptions } from '../environment.js';
import { EXIT } from '../exit-codes.js';
import { JSON_OPTION } from '../output-options.js';
import type { Terminal } from '../terminal.js';
import { withWechatPay } from '../wechatpay.js';

const DAY = 24 * 60 * 60 * 1000;
const CHINA_OFFSET = DAY / 3;
/** The days of a list when none are given, today included. */
const DEFAULT_DAYS = 30;

export const complaintsList: Command = {
  name: 'complaints list',
  summary: 'List complaints',
  description: 'Without dates, those of the last 30 days. Days are those of China.',
  options: {
    from: { placeholder: 'DATE', description: 'first day on which they were filed, yyyy-MM-dd' },
    to: { placeholder: 'DATE', description: 'last day, by default today' },
    state: {
      placeholder: 'STATE',
      description: 'only those that are PENDING, PROCESSING or PROCESSED',
    },
    'complainted-mchid': {
      placeholder: 'ID',
      description: 'only those about this sub-merchant, for service providers',
    },
    limit: { placeholder: 'NUMBER', description: 'how many at most, by default 50' },
    ...REVEAL_OPTION,
    ...ENVIRONMENT_OPTIONS,
    ...JSON_OPTION,
  },
  run: ({ args, terminal }) => {
    const limit = args.number('limit', { default: 50, min: 1, max: 100_000 });
    const options = readOptions(args, terminal);
    return withWechatPay(options, terminal, async (wechatPay) => {
      const service = wechatPay.get(ComplaintService);
      const state = args.text('state')?.toUpperCase();
      const isRevealed = args.flag('reveal');
      const found: Complaint[] = [];
      let hasMore = false;
      for await (const complaint of service.listAll(rangeOf(args, Date.now()))) {
        if (state !== undefined && complaint.complaint_state !== state) continue;
        hasMore = found.length === limit;
        if (hasMore) break;
        found.push(await presentable(complaint, service, isRevealed));
      }
      if (args.flag('json')) terminal.json(found);
      else print(found, isRevealed, terminal);
      if (hasMore) terminal.note(`There are more than ${limit}: raise --limit.`);
      return EXIT.ok;
    });
  },
};

/** @param now milliseconds since 1970 */
function rangeOf(args: Arguments, now: number) {
  const end_date = args.text('to') ?? dateInChina(now);
  const end = Date.parse(end_date);
  const begin_date =
    args.text('from') ??
    // A date that cannot be read is left to the check of the service, whose error names it.
    (Number.isNaN(end)
      ? end_date
      : new Date(end - (DEFAULT_DAYS - 1) * DAY).toISOString().slice(0, 10));
  return { begin_date, end_date, complainted_mchid: args.text('complainted-mchid') };
}

function dateInChina(milliseconds: number): string {
  return new Date(milliseconds + CHINA_OFFSET).toISOString().slice(0, 10);
}

function print(complaints: readonly Complaint[], isRevealed: boolean, terminal: Terminal): void {
  if (complaints.length === 0) {
    terminal.note('There are no such complaints.');
    return;
  }
  terminal.table(
    ['COMPLAINT', 'FILED', 'STATE', 'FLAGS', 'AMOUNT', ...(isRevealed ? ['PHONE'] : []), 'DETAIL'],
    complaints.map((complaint) => [
      complaint.complaint_id,
      shortTime(complaint.complaint_time),
      complaint.complaint_state,
      flagsOf(complaint),
      yuan(complaint.complaint_order_info?.[0]?.amount),
      ...(isRevealed ? [complaint.payer_phone] : []),
      complaint.complaint_detail,
    ]),
  );
}
