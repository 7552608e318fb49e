import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The Redis that tests share; each keeps its keys under a prefix of its own. */
export const REDIS_URL = process.env.REDIS_URL ?? 'redis://127.0.0.1:6379';

/** A loopback port that nothing listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('The server got no port.');
  return address.port;
}

/** A real Redis server that a test can freeze and kill without disturbing others. */
export class RedisServer {
  private child?: ChildProcess;
  private directory?: string;

  constructor(
    readonly port: number,
    private readonly settings: readonly string[] = [],
    private readonly sentinelOf?: number,
  ) {}

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  async start(): Promise<this> {
    this.directory ??= await mkdtemp(join(tmpdir(), 'wechatpay-redis-'));
    const child = spawn('redis-server', await this.arguments(this.directory), {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.child = child;
    let output = '';
    await new Promise<void>((resolve, reject) => {
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        if (/Ready to accept connections|Sentinel ID is/.test(output)) resolve();
      });
      child.once('error', reject);
      child.once('exit', () => {
        reject(new Error(`redis-server did not start:\n${output}`));
      });
    });
    return this;
  }

  /** Ends the server as a power failure would. */
  async kill(): Promise<void> {
    const { child } = this;
    this.child = undefined;
    if (child?.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }

  /** From now on the server accepts connections and responds to nothing. */
  freeze(): void {
    this.child?.kill('SIGSTOP');
  }

  thaw(): void {
    this.child?.kill('SIGCONT');
  }

  async remove(): Promise<void> {
    await this.kill();
    if (this.directory) await rm(this.directory, { recursive: true, force: true });
  }

  private async arguments(directory: string): Promise<string[]> {
    const common = ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', directory];
    if (this.sentinelOf === undefined) {
      return [...common, '--save', '', '--appendonly', 'no', ...this.settings];
    }
    const file = join(directory, 'sentinel.conf');
    await writeFile(file, `sentinel monitor main 127.0.0.1 ${this.sentinelOf} 1\n`);
    return [file, '--sentinel', ...common];
  }
}
