import { Module } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { WechatPayComplaintModule } from 'nestjs-wechatpay-complaint';
import { wechatPayComplaintConfig } from 'nestjs-wechatpay-complaint/config';
import { ComplaintsController } from './complaints.controller.js';

// #region module
@Module({
  imports: [
    ConfigModule.forRoot(), // loads .env
    WechatPayComplaintModule.forRootAsync(wechatPayComplaintConfig.asProvider()),
  ],
  controllers: [ComplaintsController],
})
export class AppModule {}
// #endregion module
