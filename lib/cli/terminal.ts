import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import type { ReadStream, WriteStream } from 'node:tty';
import { styleText } from 'node:util';
import { table, type Cell, toJson } from './output.js';

type Style = Parameters<typeof styleText>[0];

/** The streams of a process, or what stands for them. */
export interface TerminalStreams {
  readonly stdin: NodeJS.ReadableStream & Partial<Pick<ReadStream, 'isTTY'>>;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
}

type OutputStream = NodeJS.WritableStream &
  Partial<Pick<WriteStream, 'isTTY' | 'columns' | 'hasColors'>>;

/** Where a command prints and asks. Results go to stdout, everything else to stderr. */
export class Terminal {
  constructor(private readonly streams: TerminalStreams) {}

  /** A line of the result. */
  print(line = ''): void {
    this.streams.stdout.write(`${line}\n`);
  }

  /** A line about the result, which a pipe does not carry. */
  note(line: string): void {
    this.streams.stderr.write(`${line}\n`);
  }

  json(value: unknown): void {
    this.print(toJson(value));
  }

  /**
   * Rows below a heading. On a terminal, the last column is cut to the width of the window, unless
   * `isCut` is false.
   */
  table(
    heading: readonly string[],
    rows: readonly (readonly Cell[])[],
    { isCut = true }: { readonly isCut?: boolean } = {},
  ): void {
    const { isTTY, columns } = this.streams.stdout;
    const width = isCut && isTTY === true ? columns : undefined;
    const [first = '', ...others] = table([heading, ...rows], width);
    this.print(this.style('dim', first));
    for (const line of others) this.print(line);
  }

  /** Names and values. */
  properties(rows: readonly (readonly Cell[])[]): void {
    for (const line of table(rows)) this.print(line);
  }

  /** Styled text where the terminal shows colours. `NO_COLOR` and `FORCE_COLOR` are respected. */
  style(style: Style, text: string): string {
    const { stdout } = this.streams;
    const isColoured = stdout.isTTY === true && stdout.hasColors?.() === true;
    // Checked here: the check of Node is about the stdout of the process.
    return isColoured ? styleText(style, text, { validateStream: false }) : text;
  }

  /** Whether somebody can be asked. */
  get isInteractive(): boolean {
    return this.streams.stdin.isTTY === true && this.streams.stderr.isTTY === true;
  }

  /** Asks a question. Anything but `y` and `yes` means no, the end of the input too. */
  async confirm(question: string): Promise<boolean> {
    const { stdin, stderr } = this.streams;
    const lines = createInterface({ input: stdin, output: stderr });
    try {
      const ended = once(lines, 'close').then(() => '');
      const answer = await Promise.race([lines.question(`${question} [y/N] `), ended]);
      return /^y(es)?$/i.test(answer.trim());
    } finally {
      lines.close();
    }
  }
}
