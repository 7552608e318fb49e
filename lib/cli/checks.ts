import { printable } from './output.js';
import type { Terminal } from './terminal.js';

/** The result of one check. */
export interface Check {
  /** `skipped`: it could not be made; `text` says why. */
  readonly status: 'ok' | 'warning' | 'fault' | 'skipped';
  /** What was checked, in a word or two. */
  readonly name: string;
  /** What was found. */
  readonly text: string;
  /** What to do about it. */
  readonly fix?: string;
}

const STYLES = { ok: 'green', warning: 'yellow', fault: 'red', skipped: 'dim' } as const;
const STATUS_COLUMNS = 9;
const NAME_COLUMNS = 18;

export function ok(name: string, text: string): Check {
  return { status: 'ok', name, text };
}

export function warning(name: string, text: string, fix: string): Check {
  return { status: 'warning', name, text, fix };
}

export function fault(name: string, text: string, fix: string): Check {
  return { status: 'fault', name, text, fix };
}

export function skipped(name: string, text: string): Check {
  return { status: 'skipped', name, text };
}

export function hasFault(checks: readonly Check[]): boolean {
  return checks.some(({ status }) => status === 'fault');
}

export function printCheck({ status, name, text, fix }: Check, terminal: Terminal): void {
  const label = terminal.style(STYLES[status], status.padEnd(STATUS_COLUMNS));
  terminal.print(`${label}${name.padEnd(NAME_COLUMNS)}${printable(text)}`);
  if (fix === undefined) return;
  terminal.print(`${' '.repeat(STATUS_COLUMNS + NAME_COLUMNS)}${printable(fix)}`);
}

/** How many checks came out how, in one line. */
export function summarize(checks: readonly Check[]): string {
  const count = (status: Check['status'], noun: string): string => {
    const number = checks.filter((check) => check.status === status).length;
    return `${number === 0 ? 'no' : number} ${noun}${number === 1 ? '' : 's'}`;
  };
  return `${count('fault', 'fault')}, ${count('warning', 'warning')}`;
}
