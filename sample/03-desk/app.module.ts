import { Module, ValidationPipe } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { APP_FILTER, APP_GUARD, APP_PIPE } from '@nestjs/core';
import { WechatPayComplaintModule } from 'nestjs-wechatpay-complaint';
import { wechatPayComplaintConfig } from 'nestjs-wechatpay-complaint/config';
import { ComplaintFeed } from './complaint-feed.js';
import { ComplaintsController } from './complaints.controller.js';
import { DeskErrorFilter } from './desk-error.filter.js';
import { DeskController } from './desk.controller.js';
import { DeskService } from './desk.service.js';
import { SameOriginGuard } from './same-origin.guard.js';

@Module({
  imports: [
    ConfigModule.forRoot(),
    // WECHATPAY_CALLBACK_URL is registered with WeChat Pay when the app starts.
    WechatPayComplaintModule.forRootAsync(wechatPayComplaintConfig.asProvider()),
  ],
  controllers: [ComplaintsController, DeskController],
  providers: [
    ComplaintFeed,
    DeskService,
    { provide: APP_GUARD, useClass: SameOriginGuard },
    { provide: APP_PIPE, useValue: new ValidationPipe({ whitelist: true }) },
    { provide: APP_FILTER, useClass: DeskErrorFilter },
  ],
})
export class AppModule {}
