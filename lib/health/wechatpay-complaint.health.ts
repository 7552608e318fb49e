import { Injectable } from '@nestjs/common';
import { CallbackUrlRegistrar } from '../callback-url/callback-url.registrar.js';
import { AppContext } from '../merchant/app-context.js';
import type { MerchantContext } from '../merchant/merchant-context.js';
import { MerchantRegistry } from '../merchant/merchant-registry.js';
import { ComplaintReconciler } from '../reconciliation/complaint-reconciler.js';
import { type CallbackUrlHealth, checkCallbackUrl } from './callback-url.health.js';
import type { HealthCheck, HealthProblem } from './health-check.js';
import { checkLastSweep, type LastSweepHealth } from './last-sweep.health.js';
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
   * `down`: no merchant's notifications can be verified, or none can be handled.
   */
  readonly status: 'up' | 'degraded' | 'down';
  /** What is wrong and what to do, one sentence or two for each problem. */
  readonly problems: readonly string[];
  /** `unknown`: the store of the app has no `ping()`. `none`: the option `store` is false. */
  readonly store: StoreHealth;
  /** Those that are known at startup; none of those that are looked up. */
  readonly merchants: readonly MerchantHealth[];
}

export interface MerchantHealth {
  readonly mchid: string;
  readonly platformKeys: PlatformKeysHealth;
  /** Absent without the option `callbackUrl`. */
  readonly callbackUrl?: CallbackUrlHealth;
  /** Absent without the option `reconciliation`, and as long as this process has not made a sweep. */
  readonly lastSweep?: LastSweepHealth;
}

/**
 * How the module is doing, from what it knows. It never calls WeChat Pay: the health of an app must not
 * depend on how often it is asked for, nor somebody else's outage restart it. Only the store is asked.
 */
@Injectable()
export class WechatPayComplaintHealth {
  constructor(
    private readonly app: AppContext,
    private readonly merchants: MerchantRegistry,
    private readonly registrar: CallbackUrlRegistrar,
    private readonly reconciler: ComplaintReconciler,
  ) {}

  /** Never rejects. */
  async check(options: ComplaintHealthOptions = {}): Promise<ComplaintHealth> {
    const store = await checkStore(this.app.store);
    const merchants = this.merchants
      .list()
      .map((merchant) => this.checkMerchant(merchant, options));
    // A further check returns a value and problems as these do.
    const problems = [store, ...merchants].flatMap((check) => check.problems);
    const statuses = merchants.map((merchant) => worstOf(merchant.problems));
    const isEveryMerchantDown =
      statuses.length > 0 && statuses.every((status) => status === 'down');
    const isDown = worstOf(store.problems) === 'down' || isEveryMerchantDown;
    const status = problems.length > 0 ? 'degraded' : 'up';
    return {
      status: isDown ? 'down' : status,
      problems: problems.map(({ text }) => text),
      store: store.value,
      merchants: merchants.map(({ value }) => value),
    };
  }

  private checkMerchant(
    { mchid, keys }: MerchantContext,
    { expiryNotice }: ComplaintHealthOptions,
  ): HealthCheck<MerchantHealth> {
    const platformKeys = checkPlatformKeys(mchid, keys, expiryNotice);
    const callbackUrl = checkCallbackUrl(mchid, this.registrar.registrationOf(mchid));
    const { isOn, interval } = this.app.options.reconciliation;
    const sweep = isOn ? this.reconciler.lastSweepOf(mchid) : undefined;
    const lastSweep = checkLastSweep(mchid, sweep, interval, Date.now());
    return {
      value: {
        mchid,
        platformKeys: platformKeys.value,
        callbackUrl: callbackUrl.value,
        lastSweep: lastSweep.value,
      },
      problems: [...platformKeys.problems, ...callbackUrl.problems, ...lastSweep.problems],
    };
  }
}

function worstOf(problems: readonly HealthProblem[]): ComplaintHealth['status'] {
  if (problems.some(({ status }) => status === 'down')) return 'down';
  return problems.length > 0 ? 'degraded' : 'up';
}
