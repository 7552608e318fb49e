import { Injectable } from '@nestjs/common';
import { MerchantRegistry } from './merchant-registry.js';

/** The merchants of the app, for the app. */
@Injectable()
export class WechatPayMerchants {
  constructor(private readonly registry: MerchantRegistry) {}

  /** The ids of those that are known at startup; none if merchants are looked up. */
  mchids(): string[] {
    return this.registry.list().map(({ mchid }) => mchid);
  }

  /**
   * Has a merchant of a `MerchantSource` looked up again when it is next needed: call it when its keys
   * have changed, and when it was added or removed. Calls and notifications that have begun end with
   * the options they began with. It concerns this process: tell the others as well. Merchants that are
   * known at startup stay as they are.
   */
  invalidate(mchid: string): void {
    this.registry.invalidate(mchid);
  }
}
