import { Queue, QueueEvents } from 'bullmq';
import type { ComplaintJobResult } from '../complaints.processor.js';
import { COMPLAINTS_QUEUE } from '../complaints.queue.js';

/** Sees from outside, in Redis, what the queue of the app does: it misses nothing when one dies. */
export class QueueWatch {
  /** How often a job was begun, by its id. */
  readonly begun = new Map<string, number>();
  /** How often a row was added, by the id of the notification. */
  readonly recorded = new Map<string, number>();
  /** Jobs that were added while they were there. */
  addedAgain = 0;
  /** Runs that found their row there: the run before had died just after writing it. */
  foundRecorded = 0;
  private completed = 0;
  private readonly queue: Queue;
  private readonly events: QueueEvents<ComplaintJobResult>;

  constructor(redis: { readonly url: string; readonly prefix: string }) {
    const options = { connection: { url: redis.url }, prefix: `${redis.prefix}queue` };
    this.queue = new Queue(COMPLAINTS_QUEUE, options);
    this.events = new QueueEvents(COMPLAINTS_QUEUE, { ...options, lastEventId: '0' });
    this.events.on('active', ({ jobId }) => {
      increment(this.begun, jobId);
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

  /** The ids of the jobs that a process has begun and not ended. */
  async runningIn(pid: number | undefined): Promise<readonly string[]> {
    const jobs = await this.queue.getActive();
    return jobs
      .filter(({ processedBy }) => processedBy === `process-${pid}`)
      .flatMap(({ id }) => id ?? []);
  }

  /** Whether every job is done, or given up, and every event of that has been seen. */
  async isEmpty(): Promise<boolean> {
    const { completed = 0, failed: _, ...open } = await this.queue.getJobCounts();
    const isDone = Object.values(open).every((count) => count === 0);
    return isDone && completed <= this.completed;
  }

  /** Leaves nothing of the queue in Redis. */
  async remove(): Promise<void> {
    await this.events.close();
    await this.queue.obliterate({ force: true });
    await this.queue.close();
  }
}

function increment(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
