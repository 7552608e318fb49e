import { InjectQueue } from '@nestjs/bullmq';
import { Controller, Post } from '@nestjs/common';
import { Queue } from 'bullmq';
import {
  ComplaintNotification,
  type ComplaintNotificationPayload,
  ComplaintPayload,
} from 'nestjs-wechatpay-complaint';
import { type ComplaintJob, COMPLAINTS_QUEUE, jobIdOf } from './complaints.queue.js';

/** Only adds a job, because WeChat Pay waits at most 5 s for the response. */
@Controller('wechatpay')
export class ComplaintsController {
  constructor(@InjectQueue(COMPLAINTS_QUEUE) private readonly queue: Queue<ComplaintJob>) {}

  @Post('complaints')
  @ComplaintNotification()
  async handle(@ComplaintPayload() notification: ComplaintNotificationPayload): Promise<void> {
    const { complaint_id: complaintId, action_type: action } = notification.complaint;
    // If this process dies before it responds, another one handles the redelivery and adds the same job.
    await this.queue.add(
      'complaint',
      { notificationId: notification.id, complaintId, action },
      { jobId: jobIdOf(notification) },
    );
  }
}
