import type { INestApplicationContext } from '@nestjs/common';
import { dayOf } from '../../complaints/date-range.js';
import { WechatPayMerchantError } from '../../errors/wechatpay-merchant.error.js';
import { AppContext } from '../../merchant/app-context.js';
import {
  ComplaintReconciler,
  type ReconciliationReport,
  type SweepOptions,
} from '../../reconciliation/complaint-reconciler.js';
import { MemoryNotificationStore } from '../../stores/memory-notification-store.js';
import { parseChinaTime } from '../../utils/china-time.js';
import { errorMessage } from '../../utils/error-message.js';
import { startAppOf } from '../app-module.js';
import type { Arguments } from '../arguments.js';
import type { Command } from '../command.js';
import { CommandError, EXIT, usageError } from '../exit-codes.js';
import { JSON_OPTION } from '../output-options.js';
import type { Terminal } from '../terminal.js';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
/** Ten years. */
const MAX_GRACE = 3650 * (DAY / MINUTE);

export const complaintsSweep: Command = {
  name: 'complaints sweep',
  summary: 'Find complaints of which no notification was handled, and handle them',
  description:
    'It needs the app, because the listeners of the app handle what is found: the root module is\n' +
    'imported from its compiled file and started without the HTTP server, with everything else that\n' +
    'the app does when it starts. Its log goes to stderr. Processes have to share the store: one in\n' +
    'memory does not know what other processes have handled.\n' +
    'With --from, everything of which nothing was heard counts as lost, however old it is. A day is one\n' +
    'in China, yyyy-MM-dd. Exits with 1 when a listener failed: the next sweep finds the complaint again.',
  options: {
    module: {
      placeholder: 'FILE[#EXPORT]',
      description: 'the file of the root module, by default its default export',
    },
    from: {
      placeholder: 'DATE',
      description: 'complaints filed from this day or time on, by default the lookback of the app',
    },
    to: {
      placeholder: 'DATE',
      description: 'complaints filed until this day or time, by default now',
    },
    grace: {
      placeholder: 'MINUTES',
      description:
        'how old something is before it counts as lost, by default the option of the app',
    },
    mchid: {
      placeholder: 'MCHID',
      description: 'only this merchant; may be given several times',
      multiple: true,
    },
    ...JSON_OPTION,
  },
  run: async ({ args, terminal }) => {
    const reference = args.required('module');
    const options = readOptions(args);
    const app = await startAppOf(reference);
    let report: ReconciliationReport;
    try {
      report = await sweep(app, options, terminal);
    } finally {
      await app.close();
    }
    if (args.flag('json')) terminal.json(report);
    else print(report, terminal);
    if (report.failed === 0) return EXIT.ok;
    terminal.note('The log of the app says why something failed. The next sweep finds it again.');
    return EXIT.fault;
  },
};

/** @throws CommandError */
function readOptions(args: Arguments): SweepOptions {
  const mchids = args.list('mchid');
  const grace = args.number('grace', { default: -1, min: 0, max: MAX_GRACE });
  return {
    from: readTime(args, 'from', 0),
    to: readTime(args, 'to', DAY - 1),
    grace: grace === -1 ? undefined : grace * MINUTE,
    mchids: mchids.length > 0 ? mchids : undefined,
  };
}

/** @param offset milliseconds from the start of a day to the moment that is meant by the day */
function readTime(args: Arguments, name: string, offset: number): Date | undefined {
  const text = args.text(name);
  if (text === undefined) return undefined;
  const isDay = !Number.isNaN(dayOf(text));
  const time = parseChinaTime(isDay ? `${text}T00:00:00` : text);
  if (time !== undefined) return new Date(isDay ? time + offset : time);
  throw usageError(
    `--${name} must be a day such as 2026-01-31, or a time such as 2026-01-31T08:00:00+08:00.`,
  );
}

/** @throws CommandError when the app cannot sweep */
async function sweep(
  app: INestApplicationContext,
  options: SweepOptions,
  terminal: Terminal,
): Promise<ReconciliationReport> {
  const reconciler = reconcilerOf(app);
  const problem = reconciler.problem();
  if (problem !== undefined) throw unusable(`Complaints cannot be reconciled: ${problem}`);
  if (app.get(AppContext, { strict: false }).store instanceof MemoryNotificationStore) {
    terminal.note(
      'The store of the app is in memory, so that this process does not know what others have handled.',
    );
  }
  try {
    return await reconciler.sweep(options);
  } catch (error) {
    throw error instanceof WechatPayMerchantError ? unusable(errorMessage(error), error) : error;
  }
}

function reconcilerOf(app: INestApplicationContext): ComplaintReconciler {
  try {
    return app.get(ComplaintReconciler, { strict: false });
  } catch (cause) {
    throw unusable(
      'The app does not import WechatPayComplaintModule, or that of another copy of this package. ' +
        'Run the program that is installed with the app.',
      cause,
    );
  }
}

function unusable(message: string, cause?: unknown): CommandError {
  return new CommandError(EXIT.configuration, message, { cause });
}

function print({ listed, fed, failed, calls }: ReconciliationReport, terminal: Terminal): void {
  terminal.table(['LISTED', 'HANDLED', 'FAILED', 'CALLS'], [[listed, fed, failed, calls]]);
}
