import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { until } from './until.js';

const run = promisify(execFile);

export interface ServerAccount {
  readonly uid?: number;
  readonly gid?: number;
}

/**
 * The account for servers that refuse to run as root: that of the given name, which the Debian package of
 * the server creates. Nothing if the tests do not run as root.
 */
export async function accountFor(name: string): Promise<ServerAccount> {
  if (process.getuid?.() !== 0) return {};
  const [{ stdout: uid }, { stdout: gid }] = await Promise.all([
    run('id', ['-u', name]),
    run('id', ['-g', name]),
  ]);
  return { uid: Number(uid), gid: Number(gid) };
}

export async function temporaryFolder(name: string, { uid, gid }: ServerAccount): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `wechatpay-${name}-`));
  if (uid !== undefined && gid !== undefined) await chown(folder, uid, gid);
  return folder;
}

/** A database server that a test can freeze and kill without disturbing others. */
export class ChildServer {
  private child?: ChildProcess;

  constructor(
    private readonly command: string,
    private readonly args: readonly string[],
    private readonly account: ServerAccount,
    private readonly folder: string,
    /** What it prints once it accepts connections. */
    private readonly ready: RegExp,
  ) {}

  async start(): Promise<void> {
    const child = spawn(this.command, this.args, {
      ...this.account,
      cwd: this.folder,
      env: { ...process.env, LC_ALL: 'C', TZ: 'Asia/Shanghai' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child = child;
    let output = '';
    await new Promise<void>((resolve, reject) => {
      const read = (text: string): void => {
        output += text;
        if (this.ready.test(output)) resolve();
      };
      child.stdout.setEncoding('utf8').on('data', read);
      child.stderr.setEncoding('utf8').on('data', read);
      child.once('error', reject);
      child.once('exit', () => {
        reject(new Error(`${this.command} did not start:\n${output}`));
      });
    });
  }

  /** Ends the server and its processes as a crash would. */
  async kill(): Promise<void> {
    const { child } = this;
    this.child = undefined;
    if (child?.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    await this.signal(child, 'SIGKILL');
    await exited;
    child.stdout?.destroy();
    child.stderr?.destroy();
  }

  /** From now on the server accepts connections and responds to nothing. */
  /** A thread that is running goes on for a moment, so this waits until all of them have stopped. */
  async freeze(): Promise<void> {
    if (!this.child) return;
    const ids = await this.signal(this.child, 'SIGSTOP');
    await until(async () => (await Promise.all(ids.map(isStopped))).every(Boolean));
  }

  async thaw(): Promise<void> {
    if (this.child) await this.signal(this.child, 'SIGCONT');
  }

  async remove(): Promise<void> {
    await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }

  /**
   * PostgreSQL has a process for each connection. The parent comes first, so that it starts no others.
   *
   * @returns the processes that got the signal
   */
  private async signal({ pid }: ChildProcess, signal: NodeJS.Signals): Promise<number[]> {
    if (pid === undefined) return [];
    const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
    return [pid, ...children.split(' ').filter(Boolean).map(Number)].filter((id) => {
      try {
        return process.kill(id, signal);
      } catch {
        // It has ended by itself.
        return false;
      }
    });
  }
}

/** Whether every thread of a process has stopped, or the process has ended. */
async function isStopped(pid: number): Promise<boolean> {
  try {
    const threads = await readdir(`/proc/${pid}/task`);
    const stats = await Promise.all(
      threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/stat`, 'utf8')),
    );
    // The state stands behind the name, which is in parentheses.
    return stats.every((stat) => /^[TtZX]/.test(stat.slice(stat.lastIndexOf(')') + 2)));
  } catch {
    return true;
  }
}
