import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { WechatPayComplaintModuleOptions } from 'nestjs-wechatpay-complaint';

const FIXTURES = join(dirname(fileURLToPath(import.meta.url)), 'fixtures');

interface RedisKeys {
  readonly url: string;
  readonly keyPrefix: string;
}

export interface AppSettings {
  /** Sent as JSON, so only values of JSON arrive. */
  readonly options: WechatPayComplaintModuleOptions;
  readonly store: RedisKeys;
  /** Where each run of the handler is recorded. See `Journal`. */
  readonly journal: RedisKeys;
  /** Milliseconds that the handler takes. */
  readonly handling: number | 'never-ending';
}

/** Of an app on a SQL database. */
export interface SqlAppSettings {
  readonly options: WechatPayComplaintModuleOptions;
  readonly dialect: 'postgres' | 'mysql';
  readonly url: string;
  readonly inTransaction: boolean;
  readonly handling: {
    /** How long the handler takes, at most or exactly. */
    readonly milliseconds: number;
    /** Whether it announces that it runs, in the table `started`. It takes the whole time then. */
    readonly isAnnounced: boolean;
  };
}

const spawned: ChildProcess[] = [];

/** To be called after each test. */
export async function killApps(): Promise<void> {
  await Promise.all(spawned.splice(0).map(kill));
}

/** An app with the built package, in a process of its own. */
export class AppProcess {
  private constructor(
    private readonly child: ChildProcess,
    private readonly chunks: readonly string[],
    readonly url: string,
  ) {}

  static async start(settings: AppSettings | SqlAppSettings): Promise<AppProcess> {
    const fixture = join(FIXTURES, 'dialect' in settings ? 'sql-app.mjs' : 'app.mjs');
    const child = spawn(process.execPath, ['--expose-gc', fixture, JSON.stringify(settings)], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    spawned.push(child);
    const chunks: string[] = [];
    const collect = (chunk: string): number => chunks.push(chunk);
    child.stdout?.setEncoding('utf8').on('data', collect);
    child.stderr?.setEncoding('utf8').on('data', collect);
    const url = await new Promise<string>((resolve, reject) => {
      child.once('message', (message) => {
        resolve((message as { url: string }).url);
      });
      child.once('error', reject);
      child.once('close', (code) => {
        const output = chunks.join('');
        reject(new Error(`The app ended (${code}) before it listened. Built?\n${output}`));
      });
    });
    return new AppProcess(child, chunks, url);
  }

  /** Several apps with the same settings. */
  static startMany(count: number, settings: AppSettings | SqlAppSettings): Promise<AppProcess[]> {
    return Promise.all(Array.from({ length: count }, () => AppProcess.start(settings)));
  }

  /** Everything that the app printed. */
  get output(): string {
    return this.chunks.join('');
  }

  get isAlive(): boolean {
    return isRunning(this.child);
  }

  /** Like `kill -9`. */
  kill(): Promise<void> {
    return kill(this.child);
  }

  /** From now on the process does nothing, as one of a suspended machine. */
  freeze(): void {
    this.child.kill('SIGSTOP');
  }

  thaw(): void {
    this.child.kill('SIGCONT');
  }

  /** Bytes in use, right after a garbage collection. */
  async heapUsed(): Promise<number> {
    return Number(await (await fetch(`${this.url}/heap`)).text());
  }
}

function isRunning({ pid, exitCode, signalCode }: ChildProcess): boolean {
  return pid !== undefined && exitCode === null && signalCode === null;
}

async function kill(child: ChildProcess): Promise<void> {
  if (!isRunning(child)) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}
