import { setTimeout as delay } from 'node:timers/promises';
import { OnWorkerEvent, Processor, WorkerHost } from '@nestjs/bullmq';
import { type BeforeApplicationShutdown, Logger } from '@nestjs/common';
import type { Job } from 'bullmq';
import { type ComplaintJob, COMPLAINTS_QUEUE } from './complaints.queue.js';
import { ComplaintsRepository } from './complaints.repository.js';

/** What one run of a job has done. */
export interface ComplaintJobResult {
  readonly notificationId: string;
  /** Whether this run added the row. If not, an earlier run of the job had. */
  readonly isNew: boolean;
}

/** Does the slow work. When a process dies, another one runs its jobs again from the beginning. */
@Processor(COMPLAINTS_QUEUE, {
  name: `process-${process.pid}`,
  concurrency: 4,
  // The jobs of a process that died run again once their locks have expired.
  lockDuration: 3000,
  stalledInterval: 1000,
  // By default a job fails when its process has died twice; here it runs until it succeeds.
  maxStalledCount: 100,
})
export class ComplaintsProcessor extends WorkerHost implements BeforeApplicationShutdown {
  private readonly logger = new Logger(ComplaintsProcessor.name);

  constructor(private readonly complaints: ComplaintsRepository) {
    super();
  }

  async process({ data }: Job<ComplaintJob>): Promise<ComplaintJobResult> {
    // In place of looking up the complaint at WeChat Pay and the order in the database.
    await delay(200);
    return { notificationId: data.notificationId, isNew: await this.complaints.add(data) };
  }

  @OnWorkerEvent('failed')
  onFailed(job: Job<ComplaintJob> | undefined, { message }: Error): void {
    this.logger.error(`Job ${job?.id} failed at attempt ${job?.attemptsMade}: ${message}`);
  }

  /** Accepts no more jobs, and waits for those that run while the repository is still connected. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.worker.close();
  }
}
