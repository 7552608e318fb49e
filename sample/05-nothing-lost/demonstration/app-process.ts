import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { SweepEvent } from 'nestjs-wechatpay-complaint';

const MAIN = fileURLToPath(new URL('../main.js', import.meta.url));
const OBSERVER = new URL('./observer.js', import.meta.url).href;
/** Milliseconds that a process has to start, and to end after SIGTERM. */
const LIMIT = 20_000;

const running = new Set<ChildProcess>();

// No app outlives this process.
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** One process of the app, which can be killed and started again. */
export class AppProcess {
  /** The sweeps that it has ended. */
  readonly sweeps: SweepEvent[] = [];
  private child?: ChildProcess;

  constructor(
    readonly port: number,
    private readonly environment: Readonly<Record<string, string>>,
  ) {}

  /** Resolves when it accepts requests. */
  async start(): Promise<void> {
    const child = fork(MAIN, {
      execArgv: ['--import', OBSERVER],
      env: { ...process.env, ...this.environment, PORT: String(this.port), NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    this.child = child;
    running.add(child);
    child.once('exit', () => running.delete(child));
    let log = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (log += text));
    const ready = new Promise<void>((resolve, reject) => {
      child.on('message', (message) => {
        if (message === 'ready') resolve();
        else this.sweeps.push(message as SweepEvent);
      });
      child.once('exit', () => {
        reject(new Error(`The app ended while it started:\n${log}`));
      });
    });
    const isReady = await Promise.race([
      ready.then(() => true),
      delay(LIMIT, false, { ref: false }),
    ]);
    if (!isReady) throw new Error(`The app was not ready within ${LIMIT} ms:\n${log}`);
  }

  /** From now on it kills itself when it is in the middle of a sweep, or no longer. */
  doom(isDoomed: boolean): void {
    if (this.isRunning) this.child?.send(isDoomed ? 'die' : 'live');
  }

  get isRunning(): boolean {
    return this.child !== undefined && running.has(this.child);
  }

  async stop(): Promise<void> {
    const isGone = this.end('SIGTERM').then(() => true);
    if (!(await Promise.race([isGone, delay(LIMIT, false, { ref: false })]))) {
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
