import { PassThrough, type Readable } from 'node:stream';
import { Terminal } from '../../lib/cli/terminal.js';

export interface MemoryTerminalOptions {
  /** Whether somebody sits in front of it. @default false */
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly hasColors?: boolean;
  /** What is typed. */
  readonly input?: Readable;
}

/** A terminal that keeps what is printed. */
export class MemoryTerminal extends Terminal {
  private readonly texts: { stdout: string; stderr: string };

  constructor({ isTTY, columns, hasColors = false, input }: MemoryTerminalOptions = {}) {
    const texts = { stdout: '', stderr: '' };
    const stream = (name: 'stdout' | 'stderr') =>
      Object.assign(
        new PassThrough().on('data', (part: Buffer) => {
          texts[name] += part.toString();
        }),
        { isTTY, columns, hasColors: () => hasColors },
      );
    super({
      stdin: Object.assign(input ?? new PassThrough(), { isTTY }),
      stdout: stream('stdout'),
      stderr: stream('stderr'),
    });
    this.texts = texts;
  }

  get stdout(): string {
    return this.texts.stdout;
  }

  get stderr(): string {
    return this.texts.stderr;
  }
}
