import { Injectable, Logger } from '@nestjs/common';
import { type ComplaintNotificationPayload, OnComplaint } from 'nestjs-wechatpay-complaint';

@Injectable()
export class ComplaintListener {
  private readonly logger = new Logger(ComplaintListener.name);

  @OnComplaint('CREATE_COMPLAINT')
  open({ complaint }: ComplaintNotificationPayload): void {
    this.logger.warn(`New complaint ${complaint.complaint_id}: reply within 24 hours`);
  }
}
