import { Injectable } from '@nestjs/common';
import {
  type ComplaintDeadline,
  type ComplaintNotificationPayload,
  OnComplaint,
  OnComplaintDeadline,
} from 'nestjs-wechatpay-complaint';
import { ComplaintJournal } from './complaint.journal.js';

@Injectable()
export class ComplaintListener {
  constructor(private readonly journal: ComplaintJournal) {}

  /** The same for a notification, and for what reconciliation finds. */
  @OnComplaint()
  async handle({ origin, complaint }: ComplaintNotificationPayload): Promise<void> {
    const { complaint_id: complaintId, action_type: action } = complaint;
    await this.journal.add({ what: origin ?? 'notification', complaintId, action, at: Date.now() });
  }

  /** A shop would tell its staff. */
  @OnComplaintDeadline()
  async remind({ complaint, kind, state }: ComplaintDeadline): Promise<void> {
    const { complaint_id: complaintId } = complaint;
    const action = `${kind} ${state}`;
    await this.journal.add({ what: 'deadline', complaintId, action, at: Date.now() });
  }
}
