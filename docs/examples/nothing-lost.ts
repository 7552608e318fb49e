import { Injectable, Logger } from '@nestjs/common';
import {
  type ComplaintDeadline,
  type ComplaintNotificationPayload,
  ComplaintReconciler,
  OnComplaint,
  OnComplaintDeadline,
} from 'nestjs-wechatpay-complaint';

// #region listener
@Injectable()
export class ComplaintDesk {
  private readonly logger = new Logger(ComplaintDesk.name);

  @OnComplaint('CREATE_COMPLAINT')
  open({ complaint, origin }: ComplaintNotificationPayload): void {
    this.logger.log(`${complaint.complaint_id}, known by ${origin ?? 'notification'}`);
  }

  @OnComplaintDeadline()
  remind({ complaint, kind, dueAt, state }: ComplaintDeadline): void {
    this.logger.warn(`${complaint.complaint_id}: ${kind} ${state}, ${dueAt.toISOString()}`);
  }
}
// #endregion listener

// #region sweep
@Injectable()
export class Recovery {
  constructor(private readonly reconciler: ComplaintReconciler) {}

  /** After an outage: what has happened since then. */
  async since(from: Date): Promise<string> {
    const { listed, fed, failed } = await this.reconciler.sweep({ from });
    return `${listed} complaints, ${fed} were lost and handled, ${failed} failed`;
  }
}
// #endregion sweep
