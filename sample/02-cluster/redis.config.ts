import { registerAs } from '@nestjs/config';

/** The Redis of the notification store, the queue and the repository. */
export const redisConfig = registerAs('redis', () => ({
  url: process.env.REDIS_URL ?? 'redis://127.0.0.1:6379',
  /** Prefix of every key. */
  prefix: process.env.REDIS_PREFIX ?? 'shop:',
}));
