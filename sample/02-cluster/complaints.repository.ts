import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { Redis } from 'ioredis';
import type { ComplaintJob } from './complaints.queue.js';
import { redisConfig } from './redis.config.js';

/** In place of a database table with a unique key on `notification_id`. */
@Injectable()
export class ComplaintsRepository implements OnApplicationShutdown {
  private readonly logger = new Logger(ComplaintsRepository.name);
  private readonly redis: Redis;
  private readonly table: string;

  constructor(@Inject(redisConfig.KEY) { url, prefix }: ConfigType<typeof redisConfig>) {
    this.redis = new Redis(url);
    this.redis.on('error', ({ message }: Error) => {
      this.logger.error(`Redis: ${message}`);
    });
    this.table = `${prefix}complaints`;
  }

  /** Adds a row unless it exists, like `INSERT ... ON CONFLICT DO NOTHING`. Returns whether it was added. */
  async add({ notificationId, ...row }: ComplaintJob): Promise<boolean> {
    return (await this.redis.hsetnx(this.table, notificationId, JSON.stringify(row))) === 1;
  }

  onApplicationShutdown(): void {
    this.redis.disconnect();
  }
}
