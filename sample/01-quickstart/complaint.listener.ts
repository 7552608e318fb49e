import { Injectable, Logger } from '@nestjs/common';
import { type ComplaintNotificationPayload, OnComplaint } from 'nestjs-wechatpay-complaint';

@Injectable()
export class ComplaintListener {
  private readonly logger = new Logger(ComplaintListener.name);

  @OnComplaint('CREATE_COMPLAINT', 'CONTINUE_COMPLAINT')
  open({ complaint }: ComplaintNotificationPayload): void {
    this.logger.warn(`New complaint ${complaint.complaint_id}: reply within 24 hours`);
  }

  /** Hears of every action, also of those that do not exist yet. */
  @OnComplaint()
  record({ complaint }: ComplaintNotificationPayload): void {
    this.logger.log(`Complaint ${complaint.complaint_id}: ${complaint.action_type}`);
  }
}
