import { Controller, Module, Post } from '@nestjs/common';
import {
  ComplaintNotification,
  ComplaintPayload,
  type ComplaintResource,
  WechatPayComplaintModule,
  type WechatPayComplaintModuleOptions,
} from 'nestjs-wechatpay-complaint';

declare const north: WechatPayComplaintModuleOptions;
declare const south: WechatPayComplaintModuleOptions;

// #region modules
@Controller('wechatpay/north')
export class NorthController {
  @Post('complaints')
  @ComplaintNotification()
  handle(@ComplaintPayload('complaint') complaint: ComplaintResource): void {
    console.log('north', complaint.complaint_id);
  }
}

@Controller('wechatpay/south')
export class SouthController {
  @Post('complaints')
  @ComplaintNotification()
  handle(@ComplaintPayload('complaint') complaint: ComplaintResource): void {
    console.log('south', complaint.complaint_id);
  }
}

@Module({ imports: [WechatPayComplaintModule.forRoot(north)], controllers: [NorthController] })
export class NorthModule {}

@Module({ imports: [WechatPayComplaintModule.forRoot(south)], controllers: [SouthController] })
export class SouthModule {}

@Module({ imports: [NorthModule, SouthModule] })
export class AppModule {}
// #endregion modules
