import { Controller, Logger, Post, ServiceUnavailableException } from '@nestjs/common';
import {
  ComplaintNotification,
  type ComplaintNotificationPayload,
  ComplaintPayload,
  type ComplaintResource,
} from 'nestjs-wechatpay-complaint';

// #region controller
@Controller('wechatpay')
export class ComplaintsController {
  private readonly logger = new Logger(ComplaintsController.name);

  @Post('complaints')
  @ComplaintNotification()
  handle(@ComplaintPayload() { id, complaint }: ComplaintNotificationPayload): void {
    switch (complaint.action_type) {
      case 'CREATE_COMPLAINT':
      case 'CONTINUE_COMPLAINT':
        this.logger.warn(`${complaint.complaint_id}: reply within 24 hours`);
        break;
      case 'USER_RESPONSE':
        this.logger.log(`${complaint.complaint_id}: the consumer has written`);
        break;
      default:
        // One path for all others, those that WeChat Pay adds later included.
        this.logger.log(`${id}: ${complaint.action_type}`);
    }
  }
}
// #endregion controller

// #region property
@Controller('wechatpay')
export class OneProperty {
  @Post('complaints')
  @ComplaintNotification()
  handle(@ComplaintPayload('complaint') complaint: ComplaintResource): void {
    if (!isOpen()) throw new ServiceUnavailableException(); // WeChat Pay delivers it again
    console.log(complaint.complaint_id);
  }
}
// #endregion property

function isOpen(): boolean {
  return new Date().getHours() > 8;
}
