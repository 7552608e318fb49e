import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { NotificationEvent } from 'nestjs-wechatpay-complaint';
import { until } from './steps.js';

const MAIN = fileURLToPath(new URL('../main.js', import.meta.url));
const OBSERVER = new URL('./observer.js', import.meta.url).href;
/** Milliseconds for a process to end by itself when it is asked to. */
const PATIENCE = 10_000;

const running = new Set<ChildProcess>();

// However this process ends, no app outlives it.
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** One process of the app, on a port of its own, to be killed and started anew. */
export class AppProcess {
  /** What it told, but for what was on its way when it was killed. */
  readonly events: NotificationEvent[] = [];
  private child?: ChildProcess;

  private constructor(
    readonly name: string,
    readonly port: number,
    private readonly environment: Readonly<Record<string, string>>,
  ) {}

  static async create(
    name: string,
    environment: Readonly<Record<string, string>>,
  ): Promise<AppProcess> {
    return new AppProcess(name, await findFreePort(), environment);
  }

  get pid(): number | undefined {
    return this.child?.pid;
  }

  /** Resolves with what it did about the callback URL, once it accepts requests. */
  async start(): Promise<string> {
    const child = fork(MAIN, {
      execArgv: ['--import', OBSERVER],
      env: { ...process.env, ...this.environment, PORT: String(this.port), NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    this.child = child;
    running.add(child);
    child.once('exit', () => running.delete(child));
    let isReady = false;
    child.on('message', (message) => {
      if (message === 'ready') isReady = true;
      else this.events.push(message as NotificationEvent);
    });
    let log = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (log += text));
    let outcome: string | undefined;
    await until(`${this.name} is up`, () => {
      if (!running.has(child)) throw new Error(`${this.name} ended while it started:\n${log}`);
      outcome = /Callback URL \S+: (\w+)/.exec(log)?.[1];
      return isReady && outcome !== undefined;
    });
    return outcome ?? '';
  }

  /** Has SIGKILL come when it has handled one notification of several that came at once. */
  async killInMidWork(): Promise<void> {
    const { child } = this;
    if (!child) return;
    child.send('die');
    await until(`${this.name} is killed`, () => !running.has(child), 1);
  }

  /** Asks it to finish what it is doing. */
  async stop(): Promise<void> {
    const isGone = this.end('SIGTERM').then(() => true);
    if (!(await Promise.race([isGone, delay(PATIENCE, false, { ref: false })]))) {
      await this.end('SIGKILL');
    }
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const { child } = this;
    if (!child || !running.has(child)) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  }
}

/** Below the ports that systems give to outgoing connections, so that it stays free meanwhile. */
async function findFreePort(): Promise<number> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 20_000);
    const server = createServer().listen(port, '127.0.0.1');
    const isFree = await once(server, 'listening').then(
      () => true,
      () => false,
    );
    server.close();
    if (isFree) return port;
  }
}
