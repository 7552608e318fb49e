/** Identifies a notification, which is unique per merchant only, or what one listener makes of it. */
export interface NotificationKey {
  readonly mchid: string;
  /**
   * The id of the notification; for a listener, `#Class.method` follows. At most 249 characters, which
   * are case-sensitive.
   */
  readonly id: string;
}

/** Outcome of a claim. */
export type NotificationClaim =
  /** The caller holds the notification until its lease expires, and proves so with the token. */
  | { readonly state: 'claimed'; readonly token: string }
  /** Somebody else holds the notification. */
  | { readonly state: 'in-progress' }
  /** The notification was handled. */
  | { readonly state: 'done' };

/** Identifies a complaint of one merchant. */
export interface ComplaintKey {
  readonly mchid: string;
  /** At most 64 characters. */
  readonly complaintId: string;
}

/**
 * What is remembered of a complaint, so that reconciliation finds what was not notified. Times are
 * whole milliseconds since 1970.
 */
export interface ComplaintRecord {
  /** When the newest step was taken that a handled notification accounts for. */
  readonly heardAt?: number;
  /** When the consumer complained again for the last time. */
  readonly complainedAgainAt?: number;
  /** When the last reminder of the deadline of the first reply became due. */
  readonly firstReplyRemindedAt?: number;
  /** When the last reminder of the deadline of the completion became due. */
  readonly completionRemindedAt?: number;
  /**
   * Digest of the complaint as reconciliation saw it, 16 of the characters of base64url; empty when
   * something was handled since.
   */
  readonly seen?: string;
}

/**
 * Remembers which notifications are being handled and which were handled. Can be implemented with any
 * database that can compare and set in one atomic step; this package has `MemoryNotificationStore`,
 * `RedisNotificationStore` and `SqlNotificationStore`.
 *
 * Tokens are fencing tokens. Every claim gets a token of its own that is never used again, and each
 * write compares it in the same atomic step: as long as somebody else holds the notification, or has
 * handled it, a token writes nothing. Calls with one token are made one after the other.
 *
 * If the database cannot be reached, every method rejects within a time limit of its own. A caller is
 * never told `claimed` then, so a notification is deferred rather than handled twice.
 */
export interface NotificationStore {
  /**
   * Takes a notification that nobody holds and nobody has handled, in one atomic step.
   *
   * @param lease milliseconds until the claim expires
   */
  claim(key: NotificationKey, lease: number): Promise<NotificationClaim>;

  /**
   * Extends a claim to `lease` milliseconds from now, even if it has expired in the meantime.
   *
   * @returns false if somebody else holds the notification, or it was handled
   */
  renew(key: NotificationKey, token: string, lease: number): Promise<boolean>;

  /**
   * Remembers the notification as handled for `retention` milliseconds, even if the claim has
   * expired in the meantime. Repeating the call with the same token has no further effect.
   *
   * @returns false if somebody else holds the notification, or has handled it
   */
  complete(key: NotificationKey, token: string, retention: number): Promise<boolean>;

  /**
   * Ends a claim, so that the next redelivery is handled at once.
   *
   * @returns false if somebody else holds the notification, or it was handled
   */
  release(key: NotificationKey, token: string): Promise<boolean>;

  /**
   * Reads what is remembered of these complaints, at most 50, in the same order: an empty record where
   * nothing is. Reconciliation needs this method and `writeComplaint`; nothing else does.
   */
  readComplaints?(
    mchid: string,
    complaintIds: readonly string[],
  ): Promise<readonly ComplaintRecord[]>;

  /**
   * Adds to what is remembered of a complaint, in one atomic step. A time is kept unless the new one is
   * later, `seen` is replaced, and what is undefined stays as it is.
   *
   * @param retention milliseconds from now for which the whole record is kept
   */
  writeComplaint?(key: ComplaintKey, record: ComplaintRecord, retention: number): Promise<void>;

  /**
   * Runs a handler in a transaction of the store's database, whose last statement does what `complete`
   * does: the handler's effects and the mark that it was handled are committed together, or not at
   * all. Needed for `@InTransaction()` only.
   *
   * @param run gets what the app writes with inside of the transaction
   * @returns false, after a rollback, if somebody else holds the notification, or has handled it
   * @throws whatever `run` rejects with, after a rollback
   */
  completeInTransaction?(
    key: NotificationKey,
    token: string,
    retention: number,
    run: (transaction: unknown) => Promise<void>,
  ): Promise<boolean>;

  /**
   * Resolves if the store can be reached, for health checks. Writes nothing that lasts. Rejects within
   * a time limit of its own, like the other methods.
   */
  ping?(): Promise<void>;

  /**
   * Closes what the store has opened. Called once after the last handler; the shutdown does not wait
   * for long. A store that is shared by several modules must outlive the first of them.
   */
  close?(): Promise<void>;
}
