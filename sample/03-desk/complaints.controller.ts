import { Controller, Post } from '@nestjs/common';
import {
  ComplaintNotification,
  type ComplaintNotificationPayload,
  ComplaintPayload,
} from 'nestjs-wechatpay-complaint';
import { ComplaintFeed } from './complaint-feed.js';

/** What comes from WeChat Pay: verified, decrypted, and once. */
@Controller('wechatpay')
export class ComplaintsController {
  constructor(private readonly feed: ComplaintFeed) {}

  @Post('complaints')
  @ComplaintNotification()
  handle(@ComplaintPayload() { complaint }: ComplaintNotificationPayload): void {
    // A notification says that something has happened, not how things are now: browsers look it up.
    this.feed.publish({ complaintId: complaint.complaint_id, action: complaint.action_type });
  }
}
