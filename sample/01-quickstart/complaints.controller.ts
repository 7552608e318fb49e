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
  handle(@ComplaintPayload() { event_type, complaint }: ComplaintNotificationPayload): void {
    switch (complaint.action_type) {
      case 'CREATE_COMPLAINT':
        this.logger.warn(`New complaint ${complaint.complaint_id}: look it up and answer it`);
        break;
      default:
        this.logger.log(`${event_type}: ${complaint.action_type} on ${complaint.complaint_id}`);
    }
  }
}
