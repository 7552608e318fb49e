import type { Arguments } from '../arguments.js';
import type { Command } from '../command.js';
import { CommandError, EXIT, type ExitCode, usageError } from '../exit-codes.js';
import { readBytes } from '../files.js';
import { isSuccess, judgeResponse, NOTIFICATION_KINDS } from '../notification-response.js';
import { printable } from '../output.js';
import { JSON_OPTION } from '../output-options.js';
import { MerchantFolder } from '../simulation/merchant-folder.js';
import { DEFAULT_FOLDER, FOLDER_OPTION } from '../simulation/simulator-options.js';
import type { Terminal } from '../terminal.js';
import { documentedActionLike, isDocumentedAction } from '../../listeners/action-types.js';
import {
  deliver,
  type Delivery,
  type NotificationKind,
} from '../../testing/simulator/notification-delivery.js';
import { type JsonObject, parseJsonObject } from '../../utils/json.js';

/** WeChat Pay waits for five seconds. */
const RESPONSE_TIMEOUT = 5000;
/** A longer line would hide the next one. */
const MAX_BODY_LENGTH = 300;

export const trigger: Command = {
  name: 'trigger',
  summary: 'Send a notification of the simulated merchant to an app',
  description:
    'ACTION is an action_type, such as CREATE_COMPLAINT. The notification is signed and encrypted with\n' +
    'the keys of the folder that simulate has made; the app needs the environment that it prints.\n' +
    'Exits with 1 when the response is not the one that WeChat Pay expects.',
  positionals: ['ACTION'],
  options: {
    to: { placeholder: 'URL', description: "the app's route; required" },
    kind: {
      placeholder: 'KIND',
      description: `${NOTIFICATION_KINDS.join(', ')}; by default genuine`,
    },
    copies: {
      placeholder: 'NUMBER',
      description: 'how many copies at the same moment, by default 1',
    },
    data: {
      placeholder: 'FILE',
      description: 'JSON with fields of the complaint, to be encrypted',
    },
    complaint: { placeholder: 'ID', description: 'complaint_id, by default a new one' },
    id: { placeholder: 'ID', description: 'id of the notification, by default a new one' },
    ...FOLDER_OPTION,
    ...JSON_OPTION,
  },
  run: async ({ args, terminal }) => {
    const url = readUrl(args.required('to'));
    const kind = args.choice('kind', NOTIFICATION_KINDS);
    const copies = args.number('copies', { default: 1, min: 1, max: 100 });
    const action_type = args.positional('ACTION');
    warnOfTypo(action_type, terminal);
    const { merchant } = MerchantFolder.open(args.text('dir') ?? DEFAULT_FOLDER);
    const delivery = await deliver(
      merchant,
      {
        kind,
        copies,
        id: args.text('id'),
        event_type:
          action_type === 'CREATE_COMPLAINT' ? 'COMPLAINT.CREATE' : 'COMPLAINT.STATE_CHANGE',
        signWith: merchant.mode === 'certificate' ? merchant.platformCertificate : undefined,
        complaint: { ...readComplaint(args), action_type },
      },
      {
        url,
        responseTimeout: RESPONSE_TIMEOUT,
        timeScale: 1,
        schedule: [],
        signal: new AbortController().signal,
      },
    );
    return report(delivery, kind, args, terminal);
  },
};

function readUrl(text: string): string {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text;
  throw usageError('--to must be an http or https URL, such as http://localhost:3000/complaints.');
}

function readComplaint(args: Arguments): JsonObject {
  const file = args.text('data');
  const fields = file === undefined ? {} : parseJsonObject(readBytes('--data', file));
  if (!fields)
    throw new CommandError(
      EXIT.configuration,
      `--data ${file ?? ''} does not contain a JSON object.`,
    );
  const complaint_id = args.text('complaint');
  return { ...fields, ...(complaint_id !== undefined && { complaint_id }) };
}

/** The set is open, so a new action type is no error. */
function warnOfTypo(action: string, terminal: Terminal): void {
  if (isDocumentedAction(action)) return;
  const match = documentedActionLike(action);
  terminal.note(
    `${printable(action)} is not among the known action types.` +
      (match ? ` Did you mean ${match}?` : ''),
  );
}

function report(
  { id, attempts }: Delivery,
  kind: NotificationKind,
  args: Arguments,
  terminal: Terminal,
): ExitCode {
  const responses = attempts.map((attempt) => ({
    ...attempt,
    ...judgeResponse(attempt, kind, attempts.length),
  }));
  if (args.flag('json')) {
    terminal.json({ id, kind, responses });
  } else {
    terminal.print(`Notification ${id} (${kind}) to ${args.required('to')}`);
    for (const { status, body, isRight, explanation } of responses) {
      const mark = isRight ? terminal.style('green', 'ok') : terminal.style('red', 'fault');
      const response = status === undefined ? 'no response' : [status, printable(body)].join(' ');
      terminal.print(`${mark}  ${response.slice(0, MAX_BODY_LENGTH).trim()}`);
      terminal.print(`    ${printable(explanation)}`);
    }
  }
  if (attempts.every(({ status }) => status === undefined)) return EXIT.noResponse;
  const isHandled = kind !== 'genuine' || attempts.some(({ status }) => isSuccess(status));
  return isHandled && responses.every(({ isRight }) => isRight) ? EXIT.ok : EXIT.fault;
}
