import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { REDIS_URL } from '../../support/redis-server.js';

/** What the handlers of all apps of a test did: kept in Redis, under a prefix of the test. */
export class Journal {
  readonly keyPrefix = `wechatpay-complaint-test-${randomUUID()}:`;
  readonly url = REDIS_URL;
  private readonly redis = new Redis(this.url, { lazyConnect: true, retryStrategy: null });

  async open(): Promise<void> {
    let cause: unknown;
    this.redis.on('error', (error) => {
      cause = error;
    });
    await this.redis.connect().catch(() => {
      throw new Error(`These tests need a Redis at ${this.url}: start redis-server.`, { cause });
    });
  }

  /** Ids of the notifications whose handler has started, one entry for each run. */
  started(): Promise<string[]> {
    return this.redis.lrange(`${this.keyPrefix}started`, 0, -1);
  }

  /** Ids of the notifications whose handler has finished, one entry for each run. */
  finished(): Promise<string[]> {
    return this.redis.lrange(`${this.keyPrefix}finished`, 0, -1);
  }

  /** Removes everything under the prefix. */
  async close(): Promise<void> {
    if (this.redis.status !== 'ready') return;
    const found = this.redis.scanStream({ match: `${this.keyPrefix}*`, count: 1000 });
    for await (const keys of found as AsyncIterable<string[]>) {
      if (keys.length > 0) await this.redis.unlink(...keys);
    }
    this.redis.disconnect();
  }
}
