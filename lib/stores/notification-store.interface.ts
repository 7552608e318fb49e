/** Which notification: ids are unique per merchant only. */
export interface NotificationKey {
  readonly mchid: string;
  readonly id: string;
}

/** What a store says to a claim. */
export type NotificationClaim =
  /** Yours until the lease ends. The token proves it to the other calls. */
  | { readonly state: 'claimed'; readonly token: string }
  /** Being handled elsewhere, under a lease that has not ended. */
  | { readonly state: 'in-progress' }
  /** Handled, and remembered. */
  | { readonly state: 'done' };

/**
 * Remembers which notifications are being handled and which were. Implement it over any store that
 * can compare and set in one step; `MemoryNotificationStore` and `RedisNotificationStore` are given.
 *
 * Every method rejects, within a time of its own, when the store cannot be reached. Nobody is ever
 * told `claimed` then, so a notification is refused rather than handled twice.
 */
export interface NotificationStore {
  /**
   * Takes a notification that nobody handles and nobody has handled, in one atomic step.
   *
   * @param lease milliseconds until the claim lapses by itself
   */
  claim(key: NotificationKey, lease: number): Promise<NotificationClaim>;

  /**
   * Prolongs a claim to `lease` milliseconds from now.
   *
   * @returns false when the claim had lapsed and another took its place: the token is void. One that
   * lapsed and that nobody took over is prolonged all the same
   */
  renew(key: NotificationKey, token: string, lease: number): Promise<boolean>;

  /**
   * Remembers the notification as handled for `retention` milliseconds.
   *
   * @returns false when the token is void: the new owner's claim is left alone
   */
  complete(key: NotificationKey, token: string, retention: number): Promise<boolean>;

  /**
   * Gives a claim back, so that the next repetition is handled at once.
   *
   * @returns false when the token is void: the new owner's claim is left alone
   */
  release(key: NotificationKey, token: string): Promise<boolean>;

  /**
   * Called once the app has shut down, after the last handler: closes what the store opened. A
   * store that several modules share has to outlive the first of them.
   */
  close?(): Promise<void>;
}
