import { readFileSync } from 'node:fs';
import { isNativeError } from 'node:util/types';
import { isQuoted, type Report } from './option-checks.js';

/** Key material and where it came from. */
export interface PemVariable {
  /** The variable that was set, or that should have been. */
  readonly name: string;
  readonly isSet: boolean;
  /** Undefined if it is not set, or cannot be read, which has been reported. */
  readonly value?: string;
}

/** Reads environment variables and reports those that cannot be used. Blank ones count as not set. */
export class Environment {
  constructor(
    private readonly variables: Readonly<Record<string, string | undefined>>,
    private readonly report: Report,
  ) {}

  isSet(name: string): boolean {
    return this.raw(name) !== undefined;
  }

  text(name: string): string | undefined {
    const value = this.raw(name);
    if (value === undefined || !isQuoted(value)) return value;
    this.report(
      name,
      'has quotes around it',
      'Remove them: docker --env-file and Kubernetes keep quotes as part of the value.',
    );
    return undefined;
  }

  /** @returns undefined if the variable is not set, which is reported */
  required(name: string, fix: string): string | undefined {
    if (!this.isSet(name)) this.report(name, 'is not set', fix);
    return this.text(name);
  }

  number(name: string): number | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    if (/^\d+$/.test(value)) return Number(value);
    this.report(name, 'is not a whole number', 'Write digits only.');
    return undefined;
  }

  flag(name: string): boolean | undefined {
    const value = this.text(name)?.toLowerCase();
    if (value === undefined) return undefined;
    if (value === 'true' || value === 'false') return value === 'true';
    this.report(name, 'is neither true nor false', 'Write one of them.');
    return undefined;
  }

  /** PEM text from a variable, or from the file that the variable with `_PATH` names. */
  pem(name: string): PemVariable {
    const pathName = `${name}_PATH`;
    const [value, path] = [this.raw(name), this.text(pathName)];
    if (path === undefined) return { name, isSet: value !== undefined, value };
    if (value !== undefined) {
      this.report(name, `and ${pathName} are both set`, 'Keep one of them.');
      return { name, isSet: true };
    }
    return { name: pathName, isSet: true, value: this.file(pathName, path) };
  }

  private raw(name: string): string | undefined {
    return this.variables[name]?.trim() || undefined;
  }

  private file(name: string, path: string): string | undefined {
    if (path.includes('-----BEGIN')) {
      this.report(name, 'holds a key, not the path of a file', `Set ${name.slice(0, -5)} to it.`);
      return undefined;
    }
    try {
      return readFileSync(path, 'latin1');
    } catch (error) {
      const code = isNativeError(error) && 'code' in error ? String(error.code) : 'no code';
      this.report(
        name,
        `names a file that cannot be read (${code})`,
        'Check path and permissions.',
      );
      return undefined;
    }
  }
}
