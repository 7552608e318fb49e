import { setTimeout as delay } from 'node:timers/promises';
import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Pool, type PoolClient } from 'pg';

/** Milliseconds between two looks at an empty table. */
const PAUSE = 100;
const JOBS_AT_A_TIME = 4;

/** Does the slow work. When a process dies, PostgreSQL unlocks its jobs, and another one takes them. */
@Injectable()
export class ComplaintsWorker implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(ComplaintsWorker.name);
  private readonly aborter = new AbortController();
  private work: Promise<unknown> = Promise.resolve();

  constructor(@Inject(Pool) private readonly pool: Pool) {}

  onApplicationBootstrap(): void {
    this.work = Promise.all(Array.from({ length: JOBS_AT_A_TIME }, () => this.run()));
  }

  /** Takes no more jobs, and waits for those that run. */
  async beforeApplicationShutdown(): Promise<void> {
    this.aborter.abort();
    await this.work;
  }

  private async run(): Promise<void> {
    const { signal } = this.aborter;
    while (!signal.aborted) {
      const hasWorked = await this.takeJob().catch((error: unknown) => {
        this.logger.error(`A job failed: ${String(error)}`);
        return false;
      });
      if (!hasWorked) await delay(PAUSE, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Resolves to false when there is no job. */
  private async takeJob(): Promise<boolean> {
    const client = await this.pool.connect();
    try {
      await client.query('BEGIN');
      const hasWorked = await this.doJob(client);
      await client.query('COMMIT');
      client.release();
      return hasWorked;
    } catch (error) {
      // Closes the connection, which rolls back.
      client.release(true);
      throw error;
    }
  }

  private async doJob(client: PoolClient): Promise<boolean> {
    const { rows } = await client.query<{ id: string; notification_id: string }>(
      'SELECT id, notification_id FROM complaint_job ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED',
    );
    const [job] = rows;
    if (!job) return false;
    // In place of looking up the complaint at WeChat Pay.
    await delay(20);
    await client.query('UPDATE complaint SET looked_up_at = now() WHERE notification_id = $1', [
      job.notification_id,
    ]);
    await client.query('DELETE FROM complaint_job WHERE id = $1', [job.id]);
    return true;
  }
}
