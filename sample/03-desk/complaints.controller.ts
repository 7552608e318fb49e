import { Controller, Post } from '@nestjs/common';
import {
  ComplaintNotification,
  type ComplaintNotificationPayload,
  ComplaintPayload,
} from 'nestjs-wechatpay-complaint';
import { ComplaintFeed } from './complaint-feed.js';

/** Receives the notifications of WeChat Pay: verified, decrypted, each handled once. */
@Controller('wechatpay')
export class ComplaintsController {
  constructor(private readonly feed: ComplaintFeed) {}

  @Post('complaints')
  @ComplaintNotification()
  handle(@ComplaintPayload() { complaint }: ComplaintNotificationPayload): void {
    // A notification says that something happened. The browsers look up what the state is now.
    this.feed.publish({ complaintId: complaint.complaint_id, action: complaint.action_type });
  }
}
