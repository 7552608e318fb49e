import { setTimeout as delay } from 'node:timers/promises';
import { OnWorkerEvent, Processor, WorkerHost } from '@nestjs/bullmq';
import { type BeforeApplicationShutdown, Logger } from '@nestjs/common';
import type { Job } from 'bullmq';
import { type ComplaintJob, COMPLAINTS_QUEUE } from './complaints.queue.js';
import { ComplaintsRepository } from './complaints.repository.js';

/** What became of one run of a job. */
export interface ComplaintJobResult {
  readonly notificationId: string;
  /** Whether this run added the row; otherwise one before it had. */
  readonly isNew: boolean;
}

/** The slow work. A job whose process dies runs again elsewhere, from the beginning. */
@Processor(COMPLAINTS_QUEUE, {
  name: `process-${process.pid}`,
  concurrency: 4,
  // How soon the jobs of a process that died are taken up: once their locks have lapsed.
  lockDuration: 3000,
  stalledInterval: 1000,
  // A job that was left once is no bad job: by default the second time makes it fail.
  maxStalledCount: 100,
})
export class ComplaintsProcessor extends WorkerHost implements BeforeApplicationShutdown {
  private readonly logger = new Logger(ComplaintsProcessor.name);

  constructor(private readonly complaints: ComplaintsRepository) {
    super();
  }

  async process({ data }: Job<ComplaintJob>): Promise<ComplaintJobResult> {
    // Stands for looking the complaint up at WeChat Pay and finding the order.
    await delay(200);
    return { notificationId: data.notificationId, isNew: await this.complaints.add(data) };
  }

  @OnWorkerEvent('failed')
  onFailed(job: Job<ComplaintJob> | undefined, { message }: Error): void {
    this.logger.error(`Job ${job?.id} failed, attempt ${job?.attemptsMade}: ${message}`);
  }

  /** Takes no more jobs, and awaits those that run while what they need is still there. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.worker.close();
  }
}
