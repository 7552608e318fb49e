import { Injectable } from '@nestjs/common';
import { CallbackUrlRegistrar } from '../callback-url/callback-url.registrar.js';
import { MerchantContext } from '../merchant/merchant-context.js';
import { type CallbackUrlHealth, checkCallbackUrl } from './callback-url.health.js';
import type { HealthProblem } from './health-check.js';
import { checkPlatformKeys, type PlatformKeysHealth } from './platform-keys.health.js';
import { checkStore, type StoreHealth } from './store.health.js';

export interface ComplaintHealthOptions {
  /**
   * Milliseconds before the last platform certificate expires from which on that is a problem.
   * @default 5 days if certificates are downloaded, otherwise 10 days
   */
  readonly expiryNotice?: number;
}

export interface ComplaintHealth {
  /**
   * `up`: nothing is wrong. `degraded`: notifications are handled, and something needs attention.
   * `down`: notifications cannot be verified, or not be handled.
   */
  readonly status: 'up' | 'degraded' | 'down';
  /** What is wrong and what to do, one sentence or two for each problem. */
  readonly problems: readonly string[];
  /** `unknown`: the store of the app has no `ping()`. `none`: the option `store` is false. */
  readonly store: StoreHealth;
  readonly merchants: readonly MerchantHealth[];
}

export interface MerchantHealth {
  readonly mchid: string;
  readonly platformKeys: PlatformKeysHealth;
  /** Absent without the option `callbackUrl`. */
  readonly callbackUrl?: CallbackUrlHealth;
}

/**
 * How the module is doing, from what it knows. It never calls WeChat Pay: the health of an app must not
 * depend on how often it is asked for, nor somebody else's outage restart it. Only the store is asked.
 */
@Injectable()
export class WechatPayComplaintHealth {
  constructor(
    private readonly merchant: MerchantContext,
    private readonly registrar: CallbackUrlRegistrar,
  ) {}

  /** Never rejects. */
  async check(options: ComplaintHealthOptions = {}): Promise<ComplaintHealth> {
    const { mchid, keys } = this.merchant;
    const store = await checkStore(this.merchant.store);
    const platformKeys = checkPlatformKeys(mchid, keys, options.expiryNotice);
    const callbackUrl = checkCallbackUrl(mchid, this.registrar.registrationOf(mchid));
    // A further check, such as of the last sweep, returns a value and problems as these do.
    const problems = [store, platformKeys, callbackUrl].flatMap((check) => check.problems);
    return {
      status: worstOf(problems),
      problems: problems.map(({ text }) => text),
      store: store.value,
      merchants: [{ mchid, platformKeys: platformKeys.value, callbackUrl: callbackUrl.value }],
    };
  }
}

function worstOf(problems: readonly HealthProblem[]): ComplaintHealth['status'] {
  if (problems.some(({ status }) => status === 'down')) return 'down';
  return problems.length > 0 ? 'degraded' : 'up';
}
