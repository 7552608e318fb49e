import { Module } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { WechatPayComplaintModule } from 'nestjs-wechatpay-complaint';
import { wechatPayComplaintConfig } from 'nestjs-wechatpay-complaint/config';
import { ComplaintDesk } from './complaint-desk.js';

// #region module
@Module({
  imports: [
    ConfigModule.forRoot(), // loads .env
    WechatPayComplaintModule.forRootAsync({
      ...wechatPayComplaintConfig.asProvider(),
      route: 'wechatpay/complaints',
    }),
  ],
  providers: [ComplaintDesk],
})
export class AppModule {}
// #endregion module
