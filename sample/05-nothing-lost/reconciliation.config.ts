import { registerAs } from '@nestjs/config';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const number = (name: string, byDefault: number): number => Number(process.env[name] ?? byDefault);

/** Milliseconds. The demonstration sets shorter ones, so that three days pass in half a minute. */
export const reconciliationConfig = registerAs('reconciliation', () => ({
  redisUrl: process.env.REDIS_URL ?? 'redis://127.0.0.1:6379',
  /** Prefix of every key in Redis. */
  redisPrefix: process.env.REDIS_PREFIX ?? 'shop:',
  lease: number('LEASE', MINUTE),
  reconciliation: {
    interval: number('INTERVAL', 10 * MINUTE),
    grace: number('GRACE', 15 * MINUTE),
    listsPerMinute: number('LISTS_PER_MINUTE', 200),
    historiesPerMinute: number('HISTORIES_PER_MINUTE', 200),
  },
  deadlines: {
    firstReply: number('FIRST_REPLY', 24 * HOUR),
    completion: number('COMPLETION', 72 * HOUR),
    remind: [number('REMIND', 4 * HOUR)],
  },
}));
