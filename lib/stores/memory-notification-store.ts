import { LRUCache } from 'lru-cache';
import type {
  ComplaintKey,
  ComplaintRecord,
  NotificationClaim,
  NotificationKey,
  NotificationStore,
} from './notification-store.interface.js';
import { NotificationStoreError } from '../errors/notification-store.error.js';

export interface MemoryNotificationStoreOptions {
  /**
   * How many handled notifications are remembered, how many may be in progress at a time, and how many
   * complaints are remembered. Each notification takes about 160 bytes, each complaint about 350;
   * nothing is allocated in advance.
   * @default 100000
   */
  readonly maxEntries?: number;
}

interface Lease {
  readonly token: string;
  /** On the clock of `performance.now()`, which nobody can set. */
  readonly until: number;
}

const DEFAULT_MAX_ENTRIES = 100_000;

/**
 * Remembers notifications in the memory of one process: for an app that runs as a single process and
 * may handle a notification again after a restart. Entries expire without timers.
 *
 * When `maxEntries` handled notifications are remembered, the one that was used least recently is
 * forgotten before its retention ends; a redelivery of it is handled again. Claims are never
 * forgotten: when `maxEntries` notifications are in progress, the next claim is rejected with a
 * `NotificationStoreError`.
 */
export class MemoryNotificationStore implements NotificationStore {
  private readonly maxEntries: number;
  /** Tokens of those who handled a notification, by name of the notification. */
  private readonly done: LRUCache<string, string>;
  private readonly complaints: LRUCache<string, ComplaintRecord>;
  /** Not in `done`, which evicts entries: a claim must last as long as its lease. */
  private readonly leases = new Map<string, Lease>();
  private claims = 0;

  constructor({ maxEntries = DEFAULT_MAX_ENTRIES }: MemoryNotificationStoreOptions = {}) {
    if (!Number.isSafeInteger(maxEntries) || maxEntries < 1) {
      throw new RangeError(
        'maxEntries of MemoryNotificationStore is not a whole number above zero. ' +
          `Remove it to use ${DEFAULT_MAX_ENTRIES}.`,
      );
    }
    this.maxEntries = maxEntries;
    this.done = createCache(maxEntries);
    this.complaints = createCache(maxEntries);
  }

  claim(key: NotificationKey, lease: number): Promise<NotificationClaim> {
    const name = nameOf(key);
    if (this.done.get(name) !== undefined) return Promise.resolve({ state: 'done' });
    if (this.owner(name) !== undefined) return Promise.resolve({ state: 'in-progress' });
    // Nobody outside of this process sees tokens, so they need only be unique.
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
    // lru-cache takes a ttl of zero for no expiry.
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

  readComplaints(mchid: string, complaintIds: readonly string[]): Promise<ComplaintRecord[]> {
    return Promise.resolve(
      complaintIds.map((id) => this.complaints.get(nameOf({ mchid, id })) ?? {}),
    );
  }

  writeComplaint(
    { mchid, complaintId }: ComplaintKey,
    record: ComplaintRecord,
    retention: number,
  ): Promise<void> {
    const name = nameOf({ mchid, id: complaintId });
    const merged = mergeRecords(this.complaints.get(name) ?? {}, record);
    this.complaints.set(name, merged, { ttl: Math.max(1, retention) });
    return Promise.resolve();
  }

  /** The memory of the process is always there. */
  ping(): Promise<void> {
    return Promise.resolve();
  }

  /** An expired lease does not void its token as long as nobody else claims the notification. */
  private mayWrite(name: string, token: string): boolean {
    return (this.owner(name) ?? token) === token;
  }

  private owner(name: string): string | undefined {
    const lease = this.leases.get(name);
    return lease && lease.until > performance.now() ? lease.token : undefined;
  }

  /** @returns false, without holding anything, if there is no room */
  private hold(name: string, token: string, lease: number): boolean {
    // Moves the lease to the end of the map, where those that expire last belong.
    this.leases.delete(name);
    this.forgetExpired();
    if (this.leases.size >= this.maxEntries) return false;
    this.leases.set(name, { token, until: performance.now() + lease });
    return true;
  }

  private forgetExpired(): void {
    const now = performance.now();
    const isFull = this.leases.size >= this.maxEntries;
    for (const [name, { until }] of this.leases) {
      if (until <= now) this.leases.delete(name);
      // Leases of equal length expire in order. Only a full store looks for others behind them.
      else if (!isFull) return;
    }
  }

  private full(): NotificationStoreError {
    return new NotificationStoreError(
      `${this.maxEntries} notifications are in progress in this process, the limit of its ` +
        'MemoryNotificationStore. Find out why handlers take that long, or raise maxEntries.',
    );
  }
}

function createCache<Value extends object | string>(maxEntries: number): LRUCache<string, Value> {
  return new LRUCache({
    // Bounds the number of entries like `max`, for which lru-cache allocates memory at once.
    maxSize: maxEntries,
    sizeCalculation: () => 1,
    // Reads the clock on every call. Any other value starts a timer for each reading.
    ttlResolution: 0,
    perf: { now: () => performance.now() },
  });
}

function mergeRecords(known: ComplaintRecord, added: ComplaintRecord): ComplaintRecord {
  const merged: Record<string, unknown> = { ...known };
  for (const [field, value] of Object.entries(added)) {
    const old = merged[field];
    const isEarlier = typeof value === 'number' && typeof old === 'number' && value < old;
    if (value !== undefined && !isEarlier) merged[field] = value;
  }
  return merged;
}

function nameOf({ mchid, id }: NotificationKey): string {
  return `${mchid}:${id}`;
}
