import type { Redis } from 'ioredis';
import type { JournalEntry } from '../complaint.journal.js';

/** Milliseconds between two looks at the journal. */
const INTERVAL = 100;

/** What the processes of the app have handled, read from their journal. */
export class HandledComplaints {
  readonly entries: JournalEntry[] = [];
  private readonly waiting = new Map<string, () => void>();
  private readonly seen = new Set<string>();
  private readonly timer: NodeJS.Timeout;
  private reading: Promise<void> = Promise.resolve();

  constructor(
    private readonly redis: Redis,
    private readonly list: string,
  ) {
    this.timer = setInterval(() => {
      this.reading = this.reading.then(() => this.read());
    }, INTERVAL);
  }

  /** Resolves once an action on a complaint has been handled. */
  wait(complaintId: string, action: string): Promise<void> {
    const name = `${complaintId} ${action}`;
    if (this.seen.has(name)) return Promise.resolve();
    return new Promise((resolve) => this.waiting.set(name, resolve));
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.reading;
    await this.read();
  }

  private async read(): Promise<void> {
    for (const line of await this.redis.lrange(this.list, this.entries.length, -1)) {
      const entry = JSON.parse(line) as JournalEntry;
      this.entries.push(entry);
      const name = `${entry.complaintId} ${entry.action}`;
      this.seen.add(name);
      this.waiting.get(name)?.();
      this.waiting.delete(name);
    }
  }
}
