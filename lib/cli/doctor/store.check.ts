import { randomUUID } from 'node:crypto';
import { isNativeError } from 'node:util/types';
import { NotificationStoreError } from '../../errors/notification-store.error.js';
import { type Check, fault, ok, skipped } from '../checks.js';

const NAME = 'Store';
/** Milliseconds, in case that the check ends before it can release. */
const LEASE = 1000;

/**
 * Whether the Redis that remembers notifications responds, by claiming and releasing one that does not
 * exist.
 */
export async function checkStore(url: string | undefined, mchid: string): Promise<Check> {
  if (url === undefined) {
    return skipped(NAME, 'neither --redis nor REDIS_URL is set; the config factory knows no store');
  }
  try {
    const { RedisNotificationStore } = await import('../../stores/redis-notification-store.js');
    const store = new RedisNotificationStore({ connection: url });
    try {
      const key = { mchid, id: `doctor-${randomUUID()}` };
      const start = performance.now();
      const claim = await store.claim(key, LEASE);
      if (claim.state === 'claimed') await store.release(key, claim.token);
      const milliseconds = Math.round(performance.now() - start);
      // Without user and password.
      return ok(NAME, `Redis at ${new URL(url).host} responds within ${milliseconds} ms`);
    } finally {
      await store.close();
    }
  } catch (error) {
    return toFault(error);
  }
}

function toFault(error: unknown): Check {
  if (isMissingPackage(error)) {
    return fault(NAME, 'the package ioredis is missing', 'Run: npm install ioredis');
  }
  // Both say themselves what to do.
  if (error instanceof NotificationStoreError || error instanceof TypeError) {
    return { status: 'fault', name: NAME, text: error.message };
  }
  throw error;
}

function isMissingPackage(error: unknown): boolean {
  return isNativeError(error) && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND';
}
