import type { LoggerService } from '@nestjs/common';

export type LogLevel = 'log' | 'error' | 'warn' | 'debug';

const KEY_MODE = 'Key mode of merchant ';
const UNPROVIDED = ' has @OnComplaint(), but no module of this app has it';

export interface LogLine {
  readonly level: LogLevel;
  readonly text: string;
}

/** Records every line that an app logs, with stacks and contexts. */
export class RecordingLogger implements LoggerService {
  readonly lines: LogLine[] = [];

  log(...parts: unknown[]): void {
    this.record('log', parts);
  }

  error(...parts: unknown[]): void {
    this.record('error', parts);
  }

  warn(...parts: unknown[]): void {
    this.record('warn', parts);
  }

  debug(...parts: unknown[]): void {
    this.record('debug', parts);
  }

  /**
   * The lines that this package logged, except for the key mode, which every start logs, and for
   * listeners that no module provides: those of one test are none of another test's app.
   */
  ours(...levels: LogLevel[]): string[] {
    return this.lines
      .filter(({ text }) => text.endsWith('WechatPayComplaint'))
      .filter(({ text }) => !text.startsWith(KEY_MODE) && !text.includes(UNPROVIDED))
      .filter(({ level }) => levels.length === 0 || levels.includes(level))
      .map(({ text }) => text);
  }

  /** The warnings and errors that this package logged. */
  problems(): string[] {
    return this.ours('warn', 'error');
  }

  /** The lines about the key mode of a merchant. */
  keyModes(): string[] {
    return this.lines.map(({ text }) => text).filter((text) => text.startsWith(KEY_MODE));
  }

  /** The warnings about listeners that no module provides. */
  unprovided(): string[] {
    return this.lines
      .filter(({ level }) => level === 'warn')
      .map(({ text }) => text)
      .filter((text) => text.includes(UNPROVIDED));
  }

  get text(): string {
    return this.lines.map(({ text }) => text).join('\n');
  }

  private record(level: LogLevel, parts: unknown[]): void {
    // Nest passes undefined where an error line has no stack.
    const text = parts.filter((part) => part !== undefined).map(String);
    this.lines.push({ level, text: text.join(' ') });
  }
}
