import { Module } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { WechatPayComplaintModule } from 'nestjs-wechatpay-complaint';
import { wechatPayComplaintConfig } from 'nestjs-wechatpay-complaint/config';
import { ComplaintListener } from './complaint.listener.js';

@Module({
  imports: [
    // Loads .env into the environment.
    ConfigModule.forRoot(),
    WechatPayComplaintModule.forRootAsync({
      // Reads the WECHATPAY_* variables. The app registers WECHATPAY_CALLBACK_URL when it starts.
      ...wechatPayComplaintConfig.asProvider(),
      // Receives the notifications for the methods with @OnComplaint().
      route: 'wechatpay/complaints',
    }),
  ],
  providers: [ComplaintListener],
})
export class AppModule {}
