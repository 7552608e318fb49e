import { setTimeout as delay } from 'node:timers/promises';
import type { NotificationKey } from '../stores/notification-store.interface.js';
import { Deadline } from '../utils/deadline.js';
import type { NotificationLease } from './notification-lease.js';

/** Milliseconds between attempts. */
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 2000;

/**
 * Notifications that were handled here while the store was away. Their leases may lapse, so this
 * process remembers them itself and records them as soon as the store is back.
 */
export class PendingCompletions {
  private readonly names = new Set<string>();
  private readonly aborter = new AbortController();

  constructor(
    /** Milliseconds for which redeliveries may come. */
    private readonly retention: number,
  ) {}

  has(key: NotificationKey): boolean {
    return this.names.has(nameOf(key));
  }

  /** Retries until the store has it, redeliveries end, or this is closed. */
  add(key: NotificationKey, lease: NotificationLease): void {
    const name = nameOf(key);
    this.names.add(name);
    void this.retry(lease).finally(() => this.names.delete(name));
  }

  /** @returns how many notifications the store does not know of */
  close(): number {
    this.aborter.abort();
    return this.names.size;
  }

  /** Never rejects. */
  private async retry(lease: NotificationLease): Promise<void> {
    const { signal } = this.aborter;
    const deadline = new Deadline(this.retention);
    for (
      let pause = FIRST_PAUSE;
      deadline.timeLeft() > 0;
      pause = Math.min(pause * 2, LONGEST_PAUSE)
    ) {
      try {
        await delay(pause, undefined, { signal, ref: false });
        await lease.complete();
        return;
      } catch {
        // The first failure was logged; the store logs the rest.
        if (signal.aborted) return;
      }
    }
  }
}

function nameOf({ mchid, id }: NotificationKey): string {
  return `${mchid}:${id}`;
}
