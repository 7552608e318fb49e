import { Queue, QueueEvents } from 'bullmq';
import type { ComplaintJobResult } from '../complaints.processor.js';
import { COMPLAINTS_QUEUE } from '../complaints.queue.js';

/** Watches the queue of the app from outside, in Redis, so that no event is lost with a process. */
export class QueueWatch {
  /** How often each job was started, by its id. */
  readonly started = new Map<string, number>();
  /** How often a row was added, by the id of the notification. */
  readonly recorded = new Map<string, number>();
  /** How often a job was added that already existed. */
  addedAgain = 0;
  /** Runs that found their row: the process of the run before had died just after it added the row. */
  foundRecorded = 0;
  private completed = 0;
  private readonly queue: Queue;
  private readonly events: QueueEvents<ComplaintJobResult>;

  constructor(redis: { readonly url: string; readonly prefix: string }) {
    const options = { connection: { url: redis.url }, prefix: `${redis.prefix}queue` };
    this.queue = new Queue(COMPLAINTS_QUEUE, options);
    this.events = new QueueEvents(COMPLAINTS_QUEUE, { ...options, lastEventId: '0' });
    this.events.on('active', ({ jobId }) => {
      increment(this.started, jobId);
    });
    this.events.on('duplicated', () => {
      this.addedAgain += 1;
    });
    this.events.on('completed', ({ returnvalue }) => {
      this.completed += 1;
      if (returnvalue.isNew) increment(this.recorded, returnvalue.notificationId);
      else this.foundRecorded += 1;
    });
  }

  /** The ids of the jobs that a process is running. */
  async runningIn(pid: number | undefined): Promise<readonly string[]> {
    const jobs = await this.queue.getActive();
    return jobs
      .filter(({ processedBy }) => processedBy === `process-${pid}`)
      .flatMap(({ id }) => id ?? []);
  }

  /** Whether every job has completed or failed, and every event of that has arrived. */
  async isEmpty(): Promise<boolean> {
    const { completed = 0, failed: _, ...open } = await this.queue.getJobCounts();
    const isDone = Object.values(open).every((count) => count === 0);
    return isDone && completed <= this.completed;
  }

  /** Removes everything of the queue from Redis. */
  async remove(): Promise<void> {
    await this.events.close();
    await this.queue.obliterate({ force: true });
    await this.queue.close();
  }
}

function increment(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
