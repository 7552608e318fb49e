import type { OptionDeclarations } from './arguments.js';
import type { Command } from './command.js';
import { EXIT } from './exit-codes.js';
import { table } from './output.js';

export const PROGRAM = 'wechatpay-complaint';

/** What every command takes. */
export const COMMON_OPTIONS: OptionDeclarations = {
  help: { description: 'print this text' },
};

const EXIT_CODES: readonly [code: number, meaning: string][] = [
  [EXIT.ok, 'done, and nothing is wrong'],
  [EXIT.fault, 'a check has found a fault, or the answer is no'],
  [EXIT.usage, 'the command line is wrong; nothing was sent'],
  [EXIT.configuration, 'the environment, a file or a package is missing or unusable'],
  [EXIT.api, 'WeChat Pay responded with an error'],
  [EXIT.noResponse, 'no response arrived, or none that can be trusted'],
  // Node looks at this option even behind the name of a program, before the program runs.
  [9, '--env-file names a file that is not there, says Node itself'],
  [EXIT.internal, 'a fault of this program'],
];

/** The text of `--help` without a command. */
export function programHelp(commands: readonly Command[]): string {
  return [
    `Usage: ${PROGRAM} COMMAND [options]`,
    '',
    'Commands:',
    ...indent(table(commands.map((command) => [signature(command), command.summary]))),
    '',
    `${PROGRAM} COMMAND --help says what a command takes; --version prints the version.`,
    'The merchant comes from the WECHATPAY_* environment variables, or from a file: --env-file .env',
    '',
    'Exit codes:',
    ...indent(table(EXIT_CODES)),
  ].join('\n');
}

/** The text of `--help` for one command. */
export function commandHelp(command: Command): string {
  const options = Object.entries({ ...command.options, ...COMMON_OPTIONS });
  return [
    `Usage: ${PROGRAM} ${signature(command)} [options]`,
    '',
    `${command.summary}.`,
    ...(command.description === undefined ? [] : ['', command.description]),
    '',
    'Options:',
    ...indent(
      table(
        options.map(([name, { placeholder, description }]) => [
          placeholder === undefined ? `--${name}` : `--${name} ${placeholder}`,
          description,
        ]),
      ),
    ),
  ].join('\n');
}

function signature({ name, positionals = [] }: Command): string {
  return [name, ...positionals].join(' ');
}

function indent(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}
