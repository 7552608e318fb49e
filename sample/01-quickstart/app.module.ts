import { Module } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { WechatPayComplaintModule } from 'nestjs-wechatpay-complaint';
import { wechatPayComplaintConfig } from 'nestjs-wechatpay-complaint/config';
import { ComplaintsController } from './complaints.controller.js';

@Module({
  imports: [
    // Loads .env into the environment.
    ConfigModule.forRoot(),
    // Reads the WECHATPAY_* variables. The app registers WECHATPAY_CALLBACK_URL when it starts.
    WechatPayComplaintModule.forRootAsync(wechatPayComplaintConfig.asProvider()),
  ],
  controllers: [ComplaintsController],
})
export class AppModule {}
