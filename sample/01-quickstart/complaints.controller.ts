import { Controller, Logger, Post } from '@nestjs/common';
import {
  ComplaintNotification,
  type ComplaintNotificationPayload,
  ComplaintPayload,
} from 'nestjs-wechatpay-complaint';

@Controller('wechatpay')
export class ComplaintsController {
  private readonly logger = new Logger(ComplaintsController.name);

  @Post('complaints')
  @ComplaintNotification()
  handle(@ComplaintPayload() { complaint }: ComplaintNotificationPayload): void {
    switch (complaint.action_type) {
      case 'CREATE_COMPLAINT':
        this.logger.warn(`New complaint ${complaint.complaint_id}: reply within 24 hours`);
        break;
      default:
        this.logger.log(`Complaint ${complaint.complaint_id}: ${complaint.action_type}`);
    }
  }
}
