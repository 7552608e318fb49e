import type { Arguments } from '../arguments.js';
import { parseHeaders } from '../captured-headers.js';
import { hasFault, printCheck } from '../checks.js';
import type { Command } from '../command.js';
import { ENVIRONMENT_OPTIONS, readOptions } from '../environment.js';
import { CommandError, EXIT, usageError } from '../exit-codes.js';
import { readBytes } from '../files.js';
import { checkNotification } from '../notification-checks.js';
import { JSON_OPTION } from '../output-options.js';
import { withWechatPay } from '../wechatpay.js';

export const verify: Command = {
  name: 'verify',
  summary: 'Say whether a captured notification is genuine, and why an app refuses it',
  description:
    'The headers are lines "Name: value" or JSON; the body must be the exact bytes. In certificate\n' +
    'mode, certificates are downloaded. Exits with 1 when an app refuses the notification.',
  options: {
    headers: { placeholder: 'FILE', description: 'its headers; required' },
    body: { placeholder: 'FILE', description: 'its body, byte by byte; required' },
    at: {
      placeholder: 'TIME',
      description:
        'when it arrived, such as 2026-11-25T09:00:00+08:00; by default, its age is no fault',
    },
    ...ENVIRONMENT_OPTIONS,
    ...JSON_OPTION,
  },
  run: ({ args, terminal }) => {
    const file = args.required('headers');
    const body = readBytes('--body', args.required('body'));
    const receivedAt = readTime(args);
    const headers = parseHeaders(readBytes('--headers', file).toString());
    if (!headers)
      throw new CommandError(EXIT.configuration, `--headers ${file} contains no header.`);
    return withWechatPay(readOptions(args, terminal), terminal, async (wechatPay) => {
      const { keys, options } = wechatPay.merchant;
      const checks = await checkNotification(
        { headers, body, receivedAt },
        { ...options, findKey: (serial) => keys.get(serial) },
        Date.now(),
      );
      const isRefused = hasFault(checks);
      if (args.flag('json')) {
        terminal.json({ accepted: !isRefused, checks });
      } else {
        for (const check of checks) printCheck(check, terminal);
        terminal.print();
        terminal.print(isRefused ? 'An app refuses it.' : 'It is genuine.');
      }
      return isRefused ? EXIT.fault : EXIT.ok;
    });
  },
};

function readTime(args: Arguments): number | undefined {
  const text = args.text('at');
  if (text === undefined) return undefined;
  const time = Date.parse(text);
  if (Number.isNaN(time))
    throw usageError('--at must be a time such as 2026-11-25T09:00:00+08:00.');
  return time;
}
