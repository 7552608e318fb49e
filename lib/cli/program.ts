import { VERSION } from '../version.js';
import { WechatPayConfigurationError } from '../errors/wechatpay-configuration.error.js';
import { closestMatch } from '../utils/closest-match.js';
import { errorMessage } from '../utils/error-message.js';
import { parseArguments } from './arguments.js';
import type { Command } from './command.js';
import { COMMANDS } from './commands/index.js';
import { CommandError, EXIT, type ExitCode, exitCodeOf, usageError } from './exit-codes.js';
import { COMMON_OPTIONS, commandHelp, PROGRAM, programHelp } from './help.js';
import type { Terminal } from './terminal.js';

/**
 * Runs one command line.
 *
 * @param words without the names of Node and of the program
 */
export async function runProgram(
  words: readonly string[],
  terminal: Terminal,
  commands: readonly Command[] = COMMANDS,
): Promise<ExitCode> {
  let command: Command | undefined;
  try {
    const [first] = words;
    if (first === '--version') {
      terminal.print(VERSION);
      return EXIT.ok;
    }
    if (first === undefined || first === '--help' || first === 'help') {
      terminal.print(programHelp(commands));
      return first === undefined ? EXIT.usage : EXIT.ok;
    }
    command = findCommand(words, commands);
    const rest = words.slice(command.name.split(' ').length);
    if (rest.includes('--help')) {
      terminal.print(commandHelp(command));
      return EXIT.ok;
    }
    const options = { ...command.options, ...COMMON_OPTIONS };
    return await command.run({ args: parseArguments(rest, { ...command, options }), terminal });
  } catch (error) {
    reportFailure(error, command, terminal);
    return exitCodeOf(error);
  }
}

/** @throws CommandError */
function findCommand(words: readonly string[], commands: readonly Command[]): Command {
  const found = commands.find(({ name }) => {
    const parts = name.split(' ');
    return parts.every((part, index) => words[index] === part);
  });
  if (found) return found;
  const given = words.slice(0, 2).filter((word) => !word.startsWith('-'));
  const group = commands.filter(({ name }) => name.startsWith(`${given[0] ?? ''} `));
  if (group.length > 0) {
    throw usageError(`Give one of: ${group.map(({ name }) => name).join(', ')}.`);
  }
  const names = commands.map(({ name }) => name);
  const match = closestMatch(given.join(' '), names) ?? closestMatch(given[0] ?? '', names);
  throw usageError(
    `There is no command '${given[0] ?? words[0] ?? ''}'.` +
      (match ? ` Did you mean ${match}?` : ''),
  );
}

function reportFailure(error: unknown, command: Command | undefined, terminal: Terminal): void {
  const code = exitCodeOf(error);
  const lines = messageOf(error).split('\n');
  for (const line of lines) terminal.note(line);
  if (code === EXIT.usage && error instanceof CommandError) {
    terminal.note(`See ${[PROGRAM, command?.name, '--help'].filter(Boolean).join(' ')}.`);
  }
}

function messageOf(error: unknown): string {
  if (error instanceof WechatPayConfigurationError) {
    return [
      'The configuration cannot be used:',
      ...error.problems.map(({ option, problem, fix }) => `  - ${option} ${problem}. ${fix}`),
    ].join('\n');
  }
  if (exitCodeOf(error) !== EXIT.internal) return errorMessage(error);
  const stack = error instanceof Error ? error.stack : undefined;
  return stack ?? errorMessage(error);
}
