import { Injectable } from '@nestjs/common';
import {
  type ComplaintNotificationPayload,
  ComplaintService,
  OnComplaint,
} from 'nestjs-wechatpay-complaint';
import { firstValueFrom } from 'rxjs';

@Injectable()
export class ComplaintDesk {
  constructor(private readonly complaints: ComplaintService) {}

  @OnComplaint('CREATE_COMPLAINT', 'CONTINUE_COMPLAINT')
  async acknowledge({ complaint: { complaint_id } }: ComplaintNotificationPayload) {
    // The notification says only that something happened. The state is at WeChat Pay.
    const { complaint_state } = await firstValueFrom(this.complaints.get(complaint_id));
    if (complaint_state !== 'PENDING') return;
    const reply = { response_content: '您好，已收到您的投诉，正在为您核实。' };
    await firstValueFrom(this.complaints.reply(complaint_id, reply));
  }
}
