import type { LoggerService } from '@nestjs/common';

export type LogLevel = 'log' | 'error' | 'warn' | 'debug';

const KEY_MODE = 'Key mode of merchant ';

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

  /** The lines that this package wrote, except for the one of every start that tells the key mode. */
  ours(level?: LogLevel): string[] {
    return this.lines
      .filter((line) => line.text.endsWith('WechatPayComplaint'))
      .filter((line) => !line.text.startsWith(KEY_MODE))
      .filter((line) => level === undefined || line.level === level)
      .map(({ text }) => text);
  }

  /** The lines that tell the key mode of a merchant. */
  keyModes(): string[] {
    return this.lines.map(({ text }) => text).filter((text) => text.startsWith(KEY_MODE));
  }

  get text(): string {
    return this.lines.map(({ text }) => text).join('\n');
  }

  private record(level: LogLevel, parts: unknown[]): void {
    this.lines.push({ level, text: parts.map(String).join(' ') });
  }
}
