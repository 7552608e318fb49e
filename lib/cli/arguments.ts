import { parseArgs } from 'node:util';
import { isNativeError } from 'node:util/types';
import { closestMatch } from '../utils/closest-match.js';
import { usageError } from './exit-codes.js';

/** An option of a command: `--name`, or `--name VALUE` with a placeholder. */
interface OptionDeclaration {
  /** Stands for the value in the help text. Without it, the option is a switch. */
  readonly placeholder?: string;
  readonly description: string;
  /** Whether it may be given several times. */
  readonly multiple?: boolean;
}

export type OptionDeclarations = Readonly<Record<string, OptionDeclaration>>;

/** What a command takes: its options, and the names of its arguments in their order. */
export interface ArgumentDeclarations {
  readonly options: OptionDeclarations;
  /** All of them are required. */
  readonly positionals?: readonly string[];
}

interface NumberLimits {
  readonly default: number;
  readonly min: number;
  readonly max: number;
}

/** What was given to a command. Everything is checked when it is asked for. */
export class Arguments {
  constructor(
    private readonly values: Readonly<Record<string, unknown>>,
    private readonly positionals: ReadonlyMap<string, string>,
  ) {}

  positional(name: string): string {
    return this.positionals.get(name) ?? '';
  }

  flag(name: string): boolean {
    return this.values[name] === true;
  }

  text(name: string): string | undefined {
    const value = this.values[name];
    return typeof value === 'string' ? value : undefined;
  }

  /** @throws CommandError when the option was not given */
  required(name: string): string {
    const value = this.text(name);
    if (value === undefined) throw usageError(`--${name} is missing.`);
    return value;
  }

  /** Every value of an option that may be given several times. */
  list(name: string): string[] {
    const value = this.values[name];
    return Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : [];
  }

  /** @throws CommandError unless it is a whole number within the limits */
  number(name: string, { default: fallback, min, max }: NumberLimits): number {
    const text = this.text(name);
    if (text === undefined) return fallback;
    const number = Number(text);
    if (/^\d+$/.test(text) && number >= min && number <= max) return number;
    throw usageError(`--${name} must be a whole number from ${min} to ${max}.`);
  }

  /** @throws CommandError unless it is one of the words */
  choice<T extends string>(name: string, words: readonly [T, ...T[]]): T {
    const text = this.text(name);
    if (text === undefined) return words[0];
    const found = words.find((word) => word === text);
    if (found !== undefined) return found;
    const match = closestMatch(text, words);
    throw usageError(
      `--${name} must be one of: ${words.join(', ')}.` + (match ? ` Did you mean ${match}?` : ''),
    );
  }
}

/** @throws CommandError when the words do not fit the declarations */
export function parseArguments(
  words: readonly string[],
  { options, positionals: names = [] }: ArgumentDeclarations,
): Arguments {
  const { values, positionals } = parse(words, options);
  const missing = names[positionals.length];
  if (missing !== undefined) throw usageError(`${missing} is missing.`);
  const surplus = positionals[names.length];
  if (surplus !== undefined) {
    throw usageError(`'${surplus}' is one argument too many. Text with spaces needs quotes.`);
  }
  return new Arguments(
    values,
    new Map(names.map((name, index) => [name, positionals[index] ?? ''])),
  );
}

function parse(words: readonly string[], options: OptionDeclarations) {
  try {
    return parseArgs({
      args: [...words],
      allowPositionals: true,
      options: Object.fromEntries(
        Object.entries(options).map(([name, { placeholder, multiple = false }]) => {
          const type = placeholder === undefined ? ('boolean' as const) : ('string' as const);
          return [name, { type, multiple }];
        }),
      ),
    });
  } catch (error) {
    if (!isNativeError(error)) throw error;
    throw usageError(explain(error.message, Object.keys(options)));
  }
}

/** The first sentence of Node's message, and the option that was probably meant. */
function explain(message: string, names: readonly string[]): string {
  const [sentence = ''] = message.split(/\. |\n/);
  const unknown = /^Unknown option '-*([^']*)'/.exec(sentence)?.[1];
  const match = unknown === undefined ? undefined : closestMatch(unknown, names);
  return `${sentence.replace(/\.$/, '')}.` + (match ? ` Did you mean --${match}?` : '');
}
