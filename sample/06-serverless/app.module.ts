import { Module } from '@nestjs/common';
import { ConfigModule, type ConfigType } from '@nestjs/config';
import { WechatPayComplaintModule } from 'nestjs-wechatpay-complaint';
import { wechatPayComplaintConfig } from 'nestjs-wechatpay-complaint/config';
import { RedisNotificationStore } from 'nestjs-wechatpay-complaint/redis';
import { ComplaintListener } from './complaint.listener.js';

@Module({
  imports: [
    ConfigModule.forRoot({ isGlobal: true, load: [wechatPayComplaintConfig] }),
    // No route: the function gets events, and gives them to the listeners itself.
    WechatPayComplaintModule.forRootAsync({
      inject: [wechatPayComplaintConfig.KEY],
      useFactory: (wechatPay: ConfigType<typeof wechatPayComplaintConfig>) => ({
        ...wechatPay,
        // Instances of the function share what was handled. A single one can do without.
        ...(process.env.REDIS_URL !== undefined && {
          store: new RedisNotificationStore({ connection: process.env.REDIS_URL }),
        }),
      }),
    }),
  ],
  providers: [ComplaintListener],
})
export class AppModule {}
