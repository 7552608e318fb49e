import { LRUCache } from 'lru-cache';
import type {
  NotificationClaim,
  NotificationKey,
  NotificationStore,
} from './notification-store.interface.js';
import { NotificationStoreError } from '../errors/notification-store.error.js';

export interface MemoryNotificationStoreOptions {
  /**
   * How many handled notifications are remembered, and how many may be in progress at a time: some
   * 130 bytes for each that is remembered, a quarter of them set aside at once.
   * @default 100000
   */
  readonly maxEntries?: number;
}

interface Lease {
  readonly token: string;
  /** On the clock of `performance.now()`, which nobody sets. */
  readonly until: number;
}

const DEFAULT_MAX_ENTRIES = 100_000;

/**
 * Remembers within one process, until it ends: for an app that runs once and may handle a
 * notification again after a restart. Entries lapse by themselves, without timers.
 *
 * At its bound, `maxEntries`, it forgets the handled notification that nobody has asked for the
 * longest, before its retention ends: should WeChat Pay repeat that one, it is handled again. A
 * claim in progress is never forgotten: when there are that many, the next one is refused with a
 * `NotificationStoreError`.
 */
export class MemoryNotificationStore implements NotificationStore {
  private readonly maxEntries: number;
  /** The token of who handled it, by name. */
  private readonly done: LRUCache<string, string>;
  /** Apart from `done`, which pushes out what is old: a claim has to last as long as its lease. */
  private readonly leases = new Map<string, Lease>();
  private claims = 0;

  constructor({ maxEntries = DEFAULT_MAX_ENTRIES }: MemoryNotificationStoreOptions = {}) {
    if (!Number.isSafeInteger(maxEntries) || maxEntries < 1) {
      throw new RangeError(
        'maxEntries of MemoryNotificationStore is not a whole number above zero. ' +
          `Leave it out for ${DEFAULT_MAX_ENTRIES}, or give a number that memory has room for.`,
      );
    }
    this.maxEntries = maxEntries;
    this.done = new LRUCache({
      max: maxEntries,
      // Read when it is asked for: anything above zero would start a timer for each reading.
      ttlResolution: 0,
      perf: { now: () => performance.now() },
    });
  }

  claim(key: NotificationKey, lease: number): Promise<NotificationClaim> {
    const name = nameOf(key);
    if (this.done.get(name) !== undefined) return Promise.resolve({ state: 'done' });
    if (this.owner(name) !== undefined) return Promise.resolve({ state: 'in-progress' });
    // No secret, unlike that of a store that others reach: two claims are never given the same.
    const token = String(++this.claims);
    return this.hold(name, token, lease)
      ? Promise.resolve({ state: 'claimed', token })
      : Promise.reject(this.full());
  }

  renew(key: NotificationKey, token: string, lease: number): Promise<boolean> {
    const name = nameOf(key);
    if (this.done.get(name) !== undefined || !this.mayWrite(name, token)) {
      return Promise.resolve(false);
    }
    return this.hold(name, token, lease) ? Promise.resolve(true) : Promise.reject(this.full());
  }

  complete(key: NotificationKey, token: string, retention: number): Promise<boolean> {
    const name = nameOf(key);
    const doneBy = this.done.get(name) ?? token;
    if (doneBy !== token || !this.mayWrite(name, token)) return Promise.resolve(false);
    this.leases.delete(name);
    // Zero would mean forever.
    this.done.set(name, token, { ttl: Math.max(1, retention) });
    return Promise.resolve(true);
  }

  release(key: NotificationKey, token: string): Promise<boolean> {
    const name = nameOf(key);
    if (this.done.get(name) !== undefined || !this.mayWrite(name, token)) {
      return Promise.resolve(false);
    }
    this.leases.delete(name);
    return Promise.resolve(true);
  }

  /** A lapsed lease that nobody took over voids no token: its owner may go on, or finish. */
  private mayWrite(name: string, token: string): boolean {
    return (this.owner(name) ?? token) === token;
  }

  private owner(name: string): string | undefined {
    const lease = this.leases.get(name);
    return lease && lease.until > performance.now() ? lease.token : undefined;
  }

  /** Returns false, and holds nothing, when there is no room. */
  private hold(name: string, token: string, lease: number): boolean {
    // Anew at the end, so that those that lapse first come first, as far as leases are alike.
    this.leases.delete(name);
    this.forgetLapsed();
    if (this.leases.size >= this.maxEntries) return false;
    this.leases.set(name, { token, until: performance.now() + lease });
    return true;
  }

  private forgetLapsed(): void {
    const now = performance.now();
    const full = this.leases.size >= this.maxEntries;
    for (const [name, { until }] of this.leases) {
      if (until <= now) this.leases.delete(name);
      // The rest lapse later, if leases are alike; that they might not be matters only when full.
      else if (!full) return;
    }
  }

  private full(): NotificationStoreError {
    return new NotificationStoreError(
      `${this.maxEntries} notifications are being handled in this process at once, the bound of ` +
        'its MemoryNotificationStore: see why handlers take that long, or raise maxEntries.',
    );
  }
}

function nameOf({ mchid, id }: NotificationKey): string {
  return `${mchid}:${id}`;
}
