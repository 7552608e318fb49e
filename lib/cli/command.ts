import type { ArgumentDeclarations, Arguments } from './arguments.js';
import type { ExitCode } from './exit-codes.js';
import type { Terminal } from './terminal.js';

/** A command of the command line. */
export interface Command extends ArgumentDeclarations {
  /** One word or two, such as `url set`. */
  readonly name: string;
  /** What it does, in one line. */
  readonly summary: string;
  /** More about it: paragraphs below the usage. */
  readonly description?: string;
  readonly run: (call: CommandCall) => Promise<ExitCode>;
}

/** One run of a command. */
interface CommandCall {
  readonly args: Arguments;
  readonly terminal: Terminal;
}
