import { Injectable } from '@nestjs/common';
import {
  type ComplaintNotificationPayload,
  InTransaction,
  OnComplaint,
} from 'nestjs-wechatpay-complaint';
import type { PoolClient } from 'pg';

@Injectable()
export class ComplaintsListener {
  /**
   * Both rows are committed together with the mark that the notification was handled, or not at all: the
   * process may die at any point. Slow work and calls to other services are left to a job.
   */
  @OnComplaint()
  @InTransaction()
  async open({ id, complaint }: ComplaintNotificationPayload, client: PoolClient): Promise<void> {
    await client.query(
      'INSERT INTO complaint (notification_id, complaint_id, action) VALUES ($1, $2, $3)',
      [id, complaint.complaint_id, complaint.action_type],
    );
    await client.query('INSERT INTO complaint_job (notification_id) VALUES ($1)', [id]);
  }
}
