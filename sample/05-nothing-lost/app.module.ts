import { Module } from '@nestjs/common';
import { ConfigModule, type ConfigType } from '@nestjs/config';
import { WechatPayComplaintModule } from 'nestjs-wechatpay-complaint';
import { wechatPayComplaintConfig } from 'nestjs-wechatpay-complaint/config';
import { RedisNotificationStore } from 'nestjs-wechatpay-complaint/redis';
import { ComplaintJournal } from './complaint.journal.js';
import { ComplaintListener } from './complaint.listener.js';
import { reconciliationConfig } from './reconciliation.config.js';

@Module({
  imports: [
    ConfigModule.forRoot({
      isGlobal: true,
      load: [wechatPayComplaintConfig, reconciliationConfig],
    }),
    WechatPayComplaintModule.forRootAsync({
      route: 'wechatpay/complaints',
      inject: [wechatPayComplaintConfig.KEY, reconciliationConfig.KEY],
      useFactory: (
        wechatPay: ConfigType<typeof wechatPayComplaintConfig>,
        { redisUrl, redisPrefix, ...times }: ConfigType<typeof reconciliationConfig>,
      ) => ({
        ...wechatPay,
        ...times,
        // What the processes remember together: one of them sweeps, and nothing is handled twice.
        store: new RedisNotificationStore({
          connection: redisUrl,
          keyPrefix: `${redisPrefix}notification:`,
        }),
      }),
    }),
  ],
  providers: [ComplaintJournal, ComplaintListener],
})
export class AppModule {}
