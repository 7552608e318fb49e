import { Module } from '@nestjs/common';
import { type SingleMerchantOptions, WechatPayComplaintModule } from 'nestjs-wechatpay-complaint';
import { RedisNotificationStore } from 'nestjs-wechatpay-complaint/redis';
import { ComplaintDesk } from './nothing-lost.js';

declare const merchant: SingleMerchantOptions;

// #region module
@Module({
  imports: [
    WechatPayComplaintModule.forRoot({
      ...merchant,
      store: new RedisNotificationStore({ connection: 'redis://127.0.0.1:6379' }),
      reconciliation: {}, // every 10 minutes
      route: 'wechatpay/complaints',
    }),
  ],
  providers: [ComplaintDesk],
})
export class AppModule {}
// #endregion module
