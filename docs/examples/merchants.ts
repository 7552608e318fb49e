import { Controller, Injectable, Module, Post } from '@nestjs/common';
import {
  ComplaintNotification,
  type ComplaintNotificationPayload,
  ComplaintPayload,
  ComplaintService,
  type MerchantOptions,
  OnComplaint,
  WechatPayComplaintModule,
  type WechatPayComplaintOptionsFactory,
  WechatPayMerchants,
} from 'nestjs-wechatpay-complaint';
import { firstValueFrom } from 'rxjs';

declare const north: MerchantOptions;
declare const south: MerchantOptions;

interface MerchantTable {
  find(mchid: string): Promise<MerchantOptions | undefined>;
  save(options: MerchantOptions): Promise<void>;
}

// #region listener
@Injectable()
export class ComplaintDesk {
  constructor(private readonly complaints: ComplaintService) {}

  @OnComplaint('CREATE_COMPLAINT')
  async read({ mchid, complaint }: ComplaintNotificationPayload) {
    const complaints = this.complaints.forMerchant(mchid);
    return firstValueFrom(complaints.get(complaint.complaint_id));
  }
}
// #endregion listener

// #region list
@Module({
  imports: [
    WechatPayComplaintModule.forRoot({
      merchants: [north, south], // each with mchid, serial, privateKey, apiV3Key and its keys
      callbackUrl: 'https://shop.example.com/wechatpay/{mchid}/complaints',
      route: 'wechatpay/:mchid/complaints',
    }),
  ],
  providers: [ComplaintDesk],
})
export class ListModule {}
// #endregion list

// #region lookup
@Injectable()
export class MerchantsOfDatabase implements WechatPayComplaintOptionsFactory {
  constructor(private readonly table: MerchantTable) {}

  createWechatPayComplaintOptions() {
    return { merchants: { find: (mchid: string) => this.table.find(mchid) } };
  }
}
// #endregion lookup

// #region invalidate
@Injectable()
export class MerchantKeys {
  constructor(
    private readonly table: MerchantTable,
    private readonly merchants: WechatPayMerchants,
  ) {}

  async change(options: MerchantOptions): Promise<void> {
    await this.table.save(options);
    this.merchants.invalidate(options.mchid); // and in every other process
  }
}
// #endregion invalidate

// #region reader
@Controller('wechatpay')
export class ByHost {
  @Post('complaints')
  @ComplaintNotification({ merchant: ({ headers }) => mchidOfHost(headers.host) })
  handle(@ComplaintPayload() { mchid, id }: ComplaintNotificationPayload): void {
    console.log(mchid, id);
  }
}
// #endregion reader

function mchidOfHost(host = ''): string | undefined {
  return /^(\d+)\./.exec(host)?.[1];
}
