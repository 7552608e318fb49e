import { LRUCache } from 'lru-cache';
import { isMchid, type ResolvedMerchantOptions } from '../config/resolve-merchant-options.js';
import type { ResolvedMerchantSource } from '../config/resolve-merchants.js';
import { WechatPayMerchantError } from '../errors/wechatpay-merchant.error.js';
import { errorMessage } from '../utils/error-message.js';
import { settlesWithin } from '../utils/settles-within.js';
import type { MerchantContext } from './merchant-context.js';

export interface MerchantLookupSettings extends ResolvedMerchantSource {
  readonly createContext: (options: ResolvedMerchantOptions) => MerchantContext;
  /** Milliseconds after which a look-up that has not ended counts as failed, and may be repeated. */
  readonly lookupLimit: number;
}

/** How many unknown merchants are remembered. Strangers can invent any number. */
const MAX_UNKNOWN = 10_000;
/** How many look-ups run at once. Strangers may have invented the merchants. */
const MAX_LOOKUPS = 1000;

/**
 * The merchants of an app that are looked up when they are needed. Those in use are kept in memory, up
 * to a number. Each merchant is looked up once at a time, and one that does not exist is not looked up
 * again for a while.
 */
export class MerchantLookup {
  private readonly contexts: LRUCache<string, MerchantContext>;
  private readonly unknown: LRUCache<string, true>;
  private readonly running = new Map<string, Promise<MerchantContext | undefined>>();
  private isClosed = false;

  constructor(private readonly settings: MerchantLookupSettings) {
    this.contexts = new LRUCache({
      // Bounds the number of entries like `max`, for which lru-cache allocates memory at once.
      maxSize: settings.maxMerchants,
      sizeCalculation: () => 1,
      dispose: (context) => {
        context.retire();
      },
    });
    this.unknown = new LRUCache({
      maxSize: MAX_UNKNOWN,
      sizeCalculation: () => 1,
      ttl: settings.unknownMerchantCooldown,
      // Reads the clock on every call. Any other value starts a timer for each reading.
      ttlResolution: 0,
      perf: { now: () => performance.now() },
    });
  }

  /**
   * A merchant, retained for the caller, who has to release it.
   *
   * @param patience milliseconds to wait for a look-up, which goes on after that
   * @throws WechatPayMerchantError UNKNOWN_MERCHANT, MERCHANT_UNAVAILABLE
   */
  async acquire(mchid: string, patience: number): Promise<MerchantContext> {
    const start = performance.now();
    for (;;) {
      const context = this.contexts.get(mchid) ?? (await this.wait(mchid, start + patience));
      // It is retired if the merchant was invalidated or evicted since it was found.
      if (context.retain()) return context;
    }
  }

  /** Has the merchant looked up anew when it is next needed. What runs goes on with the old keys. */
  invalidate(mchid: string): void {
    // Those who wait for a look-up that began before look the merchant up again.
    this.running.delete(mchid);
    this.unknown.delete(mchid);
    this.contexts.delete(mchid);
  }

  /** To be called on shutdown. */
  close(): void {
    this.isClosed = true;
    for (const context of this.contexts.values()) context.close();
    this.contexts.clear();
  }

  private async wait(mchid: string, until: number): Promise<MerchantContext> {
    for (;;) {
      if (!isMchid(mchid) || this.unknown.has(mchid)) throw unknownMerchant(mchid);
      const lookup = this.running.get(mchid) ?? this.start(mchid);
      const timeLeft = Math.max(0, until - performance.now());
      if (!(await settlesWithin(lookup, timeLeft))) {
        throw unavailable(mchid, 'find() has not responded in time.');
      }
      const context = await lookup;
      if (context) return context;
      // It is unknown, or it was invalidated meanwhile.
      const known = this.contexts.get(mchid);
      if (known) return known;
    }
  }

  private start(mchid: string): Promise<MerchantContext | undefined> {
    if (this.isClosed) throw unavailable(mchid, 'The app is shutting down.');
    if (this.running.size >= MAX_LOOKUPS) {
      throw unavailable(mchid, `${MAX_LOOKUPS} merchants are being looked up already.`);
    }
    const lookup: Promise<MerchantContext | undefined> = this.lookUp(mchid, () => {
      const isCurrent = this.running.get(mchid) === lookup;
      if (isCurrent) this.running.delete(mchid);
      return isCurrent && !this.isClosed;
    });
    this.running.set(mchid, lookup);
    return lookup;
  }

  /**
   * @param end marks the end of the look-up; returns false if its result is out of date
   * @returns undefined if there is no such merchant, or the result is out of date
   * @throws WechatPayMerchantError MERCHANT_UNAVAILABLE
   */
  private async lookUp(mchid: string, end: () => boolean): Promise<MerchantContext | undefined> {
    let options: ResolvedMerchantOptions | undefined;
    try {
      // In a microtask of its own, so that the look-up is registered before it can end.
      const found = Promise.resolve(mchid).then(this.settings.find);
      if (!(await settlesWithin(found, this.settings.lookupLimit))) {
        throw new Error(`find() has not responded within ${this.settings.lookupLimit} ms.`);
      }
      options = await found;
    } catch (cause) {
      end();
      throw unavailable(mchid, errorMessage(cause), cause);
    }
    if (!end()) return undefined;
    if (!options) {
      this.unknown.set(mchid, true);
      return undefined;
    }
    const context = this.settings.createContext(options);
    this.contexts.set(mchid, context);
    return context;
  }
}

/** The mchid may be a stranger's choice, so it is in the message only if it has the form of one. */
export function unknownMerchant(mchid: string): WechatPayMerchantError {
  return isMchid(mchid)
    ? new WechatPayMerchantError('UNKNOWN_MERCHANT', `This app has no merchant ${mchid}.`, {
        mchid,
      })
    : new WechatPayMerchantError(
        'UNKNOWN_MERCHANT',
        'A merchant id has up to 64 letters, digits and underscores, and this one has not.',
      );
}

function unavailable(mchid: string, reason: string, cause?: unknown): WechatPayMerchantError {
  return new WechatPayMerchantError(
    'MERCHANT_UNAVAILABLE',
    `Merchant ${mchid} cannot be looked up: ${reason}`,
    { mchid, cause },
  );
}
