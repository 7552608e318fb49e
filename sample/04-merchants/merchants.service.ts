import { Injectable } from '@nestjs/common';
import {
  ComplaintNotificationService,
  type MerchantOptions,
  WechatPayMerchants,
} from 'nestjs-wechatpay-complaint';
import { firstValueFrom, lastValueFrom } from 'rxjs';
import { MerchantsRepository } from './merchants.repository.js';

/**
 * What the administration of a SaaS does with its merchants. With several processes, `invalidate` has
 * to reach each of them, by Redis pub/sub for instance.
 */
@Injectable()
export class MerchantsService {
  constructor(
    private readonly repository: MerchantsRepository,
    private readonly merchants: WechatPayMerchants,
    private readonly notifications: ComplaintNotificationService,
  ) {}

  /** Returns the callback URL that was registered for the merchant. */
  async add(merchant: MerchantOptions): Promise<string> {
    await this.repository.save(merchant);
    // Somebody may have asked for the merchant before there was one, which is remembered for a while.
    this.merchants.invalidate(merchant.mchid);
    const { url } = await firstValueFrom(this.notifications.forMerchant(merchant.mchid).ensure());
    return url;
  }

  /** The merchant has new keys, or WeChat Pay has new ones for it. */
  async rotate(merchant: MerchantOptions): Promise<void> {
    await this.repository.save(merchant);
    this.merchants.invalidate(merchant.mchid);
  }

  async remove(mchid: string): Promise<void> {
    // As long as its keys are there. WeChat Pay sends nothing more then.
    await lastValueFrom(this.notifications.forMerchant(mchid).delete(), {
      defaultValue: undefined,
    });
    await this.repository.remove(mchid);
    this.merchants.invalidate(mchid);
  }
}
