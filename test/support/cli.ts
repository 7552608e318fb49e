import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** The program as `npm run build` has built it. */
const PROGRAM = join(import.meta.dirname, '../../dist/esm/cli/main.js');
/** Milliseconds after which a command is killed. */
const LIMIT = 25_000;

export interface CliOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts the program in a process of its own, with nothing of this environment but the path. */
export function startCli(args: readonly string[], { env, cwd }: CliOptions = {}): ChildProcess {
  const { PATH, NODE_V8_COVERAGE } = process.env;
  return spawn(process.execPath, [PROGRAM, ...args], {
    cwd,
    env: { PATH, NODE_V8_COVERAGE, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Runs the program to its end. */
export async function runCli(
  args: readonly string[],
  options: CliOptions = {},
): Promise<CliResult> {
  const child = startCli(args, options);
  const timer = setTimeout(() => child.kill('SIGKILL'), LIMIT);
  const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
  const [code] = (await once(child, 'close')) as [number | null];
  clearTimeout(timer);
  return { code, stdout: stdout(), stderr: stderr() };
}

/** What a stream has carried so far. */
export function collect(stream: NodeJS.ReadableStream | null): () => string {
  let text = '';
  stream?.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  return () => text;
}
