import { Controller, Post } from '@nestjs/common';
import {
  ComplaintNotification,
  type ComplaintNotificationPayload,
  ComplaintPayload,
  ComplaintService,
} from 'nestjs-wechatpay-complaint';
import { firstValueFrom } from 'rxjs';

@Controller('wechatpay')
export class ComplaintsController {
  constructor(private readonly complaints: ComplaintService) {}

  @Post('complaints')
  @ComplaintNotification()
  async handle(@ComplaintPayload() { complaint }: ComplaintNotificationPayload) {
    const { complaint_id } = complaint;
    // The notification says only that something happened. The state is at WeChat Pay.
    const { complaint_state } = await firstValueFrom(this.complaints.get(complaint_id));
    if (complaint_state !== 'PENDING') return;
    const reply = { response_content: '您好，已收到您的投诉，正在为您核实。' };
    await firstValueFrom(this.complaints.reply(complaint_id, reply));
  }
}
