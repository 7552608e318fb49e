import { Injectable } from '@nestjs/common';
import type { ConfigurationProblem } from '../errors/wechatpay-configuration.error.js';
import { MerchantRegistry } from '../merchant/merchant-registry.js';
import { pathsOf } from './callback-url-route.check.js';
import { ComplaintNotificationGuard } from './complaint-notification.guard.js';
import type { NotificationRoute } from './route.explorer.js';
import { guardsOf, merchantReaderOf } from './route.metadata.js';

/** How many merchants one problem names at most. */
const MAX_NAMED = 5;

const FIX =
  "Put :mchid into its path, as in @Post('wechatpay/:mchid/complaints'), or say where the request has " +
  'it: @ComplaintNotification({ merchant: (request) => ... }).';

/** Finds routes that cannot tell for which merchant a notification is. Runs once, when the app starts. */
@Injectable()
export class MerchantRouteCheck {
  constructor(private readonly registry: MerchantRegistry) {}

  /** @param routes those that receive notifications for the merchants of this module */
  problems(routes: readonly NotificationRoute[]): ConfigurationProblem[] {
    const reason = this.whyNameless();
    if (reason === undefined) return [];
    return routes
      .filter((route) => !namesMerchant(route))
      .map(({ name }) => ({ option: name, problem: reason, fix: FIX }));
  }

  /** Why a notification that names no merchant cannot be assigned to one. */
  private whyNameless(): string | undefined {
    if (this.registry.areLookedUp) {
      return 'does not name the merchant, and merchants that are looked up can be found by name only';
    }
    const [alike] = this.registry.bySerial?.alike() ?? [];
    if (!alike) return undefined;
    const named = alike.slice(0, MAX_NAMED).map(({ mchid }) => mchid);
    const others = alike.length > MAX_NAMED ? ` and ${alike.length - MAX_NAMED} others` : '';
    return (
      `does not name the merchant, and the merchants ${named.join(', ')}${others} have the same platform ` +
      'key and the same apiV3Key, which would not tell them apart'
    );
  }
}

function namesMerchant(route: NotificationRoute): boolean {
  const guards = [...guardsOf(route.method), ...guardsOf(route.controller)];
  return (
    merchantReaderOf(route.method) !== undefined ||
    guards.some(readsMerchant) ||
    pathsOf(route).every((path) => /:mchid\b/.test(path))
  );
}

/** Whether a guard of the app has a `getMerchant` of its own. */
function readsMerchant({ prototype }: { readonly prototype: object }): boolean {
  const inherited: unknown = Reflect.get(ComplaintNotificationGuard.prototype, 'getMerchant');
  return Reflect.get(prototype, 'getMerchant') !== inherited;
}
