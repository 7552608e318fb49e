import { InjectQueue } from '@nestjs/bullmq';
import { Controller, Post } from '@nestjs/common';
import { Queue } from 'bullmq';
import {
  ComplaintNotification,
  type ComplaintNotificationPayload,
  ComplaintPayload,
} from 'nestjs-wechatpay-complaint';
import { type ComplaintJob, COMPLAINTS_QUEUE, jobIdOf } from './complaints.queue.js';

/** Enqueues and returns: WeChat Pay waits for 5 s at most. */
@Controller('wechatpay')
export class ComplaintsController {
  constructor(@InjectQueue(COMPLAINTS_QUEUE) private readonly queue: Queue<ComplaintJob>) {}

  @Post('complaints')
  @ComplaintNotification()
  async handle(@ComplaintPayload() notification: ComplaintNotificationPayload): Promise<void> {
    const { complaint_id: complaintId, action_type: action } = notification.complaint;
    // A process that dies between this and its answer has another one do it again: to the same job.
    await this.queue.add(
      'complaint',
      { notificationId: notification.id, complaintId, action },
      { jobId: jobIdOf(notification) },
    );
  }
}
