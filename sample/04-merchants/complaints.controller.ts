import { Controller, Post } from '@nestjs/common';
import {
  ComplaintNotification,
  type ComplaintNotificationPayload,
  ComplaintPayload,
  ComplaintService,
} from 'nestjs-wechatpay-complaint';
import { firstValueFrom } from 'rxjs';
import { ComplaintsJournal } from './complaints.journal.js';

@Controller('wechatpay')
export class ComplaintsController {
  constructor(
    private readonly complaints: ComplaintService,
    private readonly journal: ComplaintsJournal,
  ) {}

  /** `:mchid` is the merchant whose keys verify and decrypt the notification. */
  @Post(':mchid/complaints')
  @ComplaintNotification()
  async handle(
    @ComplaintPayload() { mchid, id, complaint }: ComplaintNotificationPayload,
  ): Promise<void> {
    const { complainted_mchid } = await firstValueFrom(
      this.complaints.forMerchant(mchid).get(complaint.complaint_id),
    );
    this.journal.add({ mchid, notificationId: id, complaintedMchid: complainted_mchid });
  }
}
