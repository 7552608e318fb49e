import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { NotificationEvent } from 'nestjs-wechatpay-complaint';
import { until } from './steps.js';

const MAIN = new URL('../main.js', import.meta.url);
const OBSERVER = new URL('./observer.js', import.meta.url).href;
/** Milliseconds that a process has to end after SIGTERM. */
const SHUTDOWN_LIMIT = 10_000;

const running = new Set<ChildProcess>();

// No app outlives this process.
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** One process of the app, on a port of its own, which can be killed and started again. */
export class AppProcess {
  /** What it has reported, except for what was under way when it was killed. */
  readonly events: NotificationEvent[] = [];
  private child?: ChildProcess;

  private constructor(
    readonly name: string,
    readonly port: number,
    private readonly environment: Readonly<Record<string, string>>,
    private readonly main: URL,
  ) {}

  static async create(
    name: string,
    environment: Readonly<Record<string, string>>,
    main = MAIN,
  ): Promise<AppProcess> {
    return new AppProcess(name, await findFreePort(), environment, main);
  }

  get pid(): number | undefined {
    return this.child?.pid;
  }

  /** Resolves when it accepts requests, with the outcome of registering the callback URL. */
  async start(): Promise<string> {
    const child = fork(fileURLToPath(this.main), {
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

  /** Kills it with SIGKILL when it has handled one notification of a burst. */
  async killAtWork(): Promise<void> {
    const { child } = this;
    if (!child) return;
    child.send('die');
    await until(`${this.name} is killed`, () => !running.has(child), 1);
  }

  /** Lets it finish what it is doing, as far as it does so in time. */
  async stop(): Promise<void> {
    const isGone = this.end('SIGTERM').then(() => true);
    if (!(await Promise.race([isGone, delay(SHUTDOWN_LIMIT, false, { ref: false })]))) {
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

/** Below the range that systems use for outgoing connections, so that it stays free until the app listens. */
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
