import { registerAs } from '@nestjs/config';

/** Where Redis is: for the notifications that were handled, for the queue and for the records. */
export const redisConfig = registerAs('redis', () => ({
  url: process.env.REDIS_URL ?? 'redis://127.0.0.1:6379',
  /** Begins the name of every key. */
  prefix: process.env.REDIS_PREFIX ?? 'shop:',
}));
