import { inspect } from 'node:util';

/** What a log line is about, beside its text. Undefined values are left out. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/**
 * A log line with fields. Loggers that print text print the sentence; those that write JSON have the
 * fields, and the sentence in `msg`. Made so that one argument suits them all:
 *
 * - Nest's ConsoleLogger calls `inspect`, or `JSON.stringify` with the option `json`,
 * - nestjs-pino copies the properties of the first argument into the line and takes the text from `msg`,
 * - nest-winston does the same, and takes the text from `message`,
 * - others convert it to a string.
 */
export class LogEntry {
  readonly msg: string;
  /** What was thrown, with the stack. Printed below the sentence. */
  readonly stack?: string;

  constructor(sentence: string, fields: LogFields = {}, stack?: string) {
    this.msg = sentence;
    for (const [name, value] of Object.entries(fields)) {
      if (value !== undefined) Object.assign(this, { [name]: value });
    }
    if (stack !== undefined) this.stack = stack;
  }

  /** Not a property of its own, so that JSON has the sentence once. */
  get message(): string {
    return this.msg;
  }

  toString(): string {
    return this.stack === undefined ? this.msg : `${this.msg}\n${this.stack}`;
  }

  [inspect.custom](): string {
    return this.toString();
  }
}
