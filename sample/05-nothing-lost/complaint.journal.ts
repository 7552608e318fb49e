import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { Redis } from 'ioredis';
import { reconciliationConfig } from './reconciliation.config.js';

/** What was handled, in the order in which it was. */
export interface JournalEntry {
  readonly what: 'notification' | 'reconciliation' | 'deadline';
  readonly complaintId: string;
  /** The action type, or `<kind> <state>` of a deadline. */
  readonly action: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** In place of a table of the shop. */
@Injectable()
export class ComplaintJournal implements OnApplicationShutdown {
  private readonly logger = new Logger(ComplaintJournal.name);
  private readonly redis: Redis;
  private readonly list: string;

  constructor(
    @Inject(reconciliationConfig.KEY)
    { redisUrl, redisPrefix }: ConfigType<typeof reconciliationConfig>,
  ) {
    this.redis = new Redis(redisUrl);
    this.redis.on('error', ({ message }: Error) => {
      this.logger.error(`Redis: ${message}`);
    });
    this.list = `${redisPrefix}journal`;
  }

  async add(entry: JournalEntry): Promise<void> {
    await this.redis.rpush(this.list, JSON.stringify(entry));
  }

  onApplicationShutdown(): void {
    this.redis.disconnect();
  }
}
