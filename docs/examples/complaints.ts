import { createReadStream, createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { Injectable } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import {
  type Complaint,
  ComplaintService,
  WechatPayApiError,
  WechatPayArgumentError,
  WechatPayErrorFilter,
  WechatPayNetworkError,
  WechatPaySignatureError,
} from 'nestjs-wechatpay-complaint';
import { firstValueFrom, retry } from 'rxjs';

// #region desk
@Injectable()
export class ComplaintDesk {
  constructor(private readonly complaints: ComplaintService) {}

  /** For the notification route, or for a worker of its queue. Looks the complaint up first. */
  async attend(complaintId: string): Promise<void> {
    const complaint = await firstValueFrom(this.complaints.get(complaintId));
    // A service provider acts for the sub-merchant that the complaint is about.
    const { complainted_mchid } = complaint;
    if (complaint.complaint_state === 'PENDING') {
      const response_content = '您好，已收到您的投诉，正在为您核实。';
      const reply = { response_content, complainted_mchid };
      await firstValueFrom(this.complaints.reply(complaintId, reply));
    } else if (
      complaint.complaint_state === 'PROCESSING' &&
      complaint.complaint_full_refunded === true
    ) {
      await firstValueFrom(this.complaints.complete(complaintId, { complainted_mchid }));
    }
  }
}
// #endregion desk

@Injectable()
export class Decisions {
  constructor(private readonly complaints: ComplaintService) {}

  // #region refund
  async decide(complaintId: string, isGranted: boolean): Promise<void> {
    await firstValueFrom(
      isGranted
        ? this.complaints.approveRefund(complaintId, { launch_refund_day: 0 })
        : this.complaints.rejectRefund(complaintId, { reject_reason: '商品已签收使用' }),
    );
  }
  // #endregion refund

  // #region immediate
  async answerAtOnce(complaintId: string, messageId: string, text: string): Promise<void> {
    const message = { blocks: [{ type: 'TEXT', text: { text } }] } as const;
    // The same idempotent_id sends the same reply again, so this call may be retried.
    await firstValueFrom(
      this.complaints
        .replyImmediately(complaintId, { message, idempotent_id: messageId })
        .pipe(retry({ count: 2, delay: 1000 })),
    );
  }
  // #endregion immediate

  // #region upload
  async replyWithPicture(complaintId: string, path: string): Promise<void> {
    const { media_id } = await firstValueFrom(
      this.complaints.uploadImage(createReadStream(path), { filename: 'proof.png' }),
    );
    const response_content = '请查看物流签收凭证。';
    const reply = { response_content, response_images: [media_id] };
    await firstValueFrom(this.complaints.reply(complaintId, reply));
  }
  // #endregion upload

  // #region download
  async savePictures(complaint: Complaint, folder: string): Promise<number> {
    const urls = (complaint.complaint_media_list ?? []).flatMap(({ media_url }) => media_url ?? []);
    for (const [index, url] of urls.entries()) {
      const { contentType, stream } = await firstValueFrom(this.complaints.downloadImage(url));
      const name = `${complaint.complaint_id}-${index}.${contentType.replace('image/', '')}`;
      await pipeline(stream, createWriteStream(`${folder}/${name}`));
    }
    return urls.length;
  }
  // #endregion download

  // #region phone
  phoneFor(complaint: Complaint): Promise<string | undefined> {
    // Plain text: never log it.
    return firstValueFrom(this.complaints.decryptPayerPhone(complaint));
  }
  // #endregion phone

  // #region history
  async transcript(complaintId: string): Promise<string[]> {
    const lines: string[] = [];
    for await (const { operate_time, operator, operate_details } of this.complaints.historyAll(
      complaintId,
    )) {
      lines.push(`${operate_time ?? '?'} ${operator ?? '?'}: ${operate_details ?? ''}`);
    }
    return lines.reverse(); // WeChat Pay sends the newest first
  }
  // #endregion history

  // #region errors
  async replySafely(complaintId: string, response_content: string): Promise<string> {
    try {
      await firstValueFrom(this.complaints.reply(complaintId, { response_content }));
      return 'sent';
    } catch (error) {
      if (error instanceof WechatPayArgumentError) return error.problems.join('; ');
      if (error instanceof WechatPayApiError) return `WeChat Pay refused it: ${error.code}`;
      if (error instanceof WechatPayNetworkError || error instanceof WechatPaySignatureError) {
        // The reply may have been sent. Only the history tells.
        return 'unknown: read the history';
      }
      throw error;
    }
  }
  // #endregion errors
}

// #region filter
export const errorFilter = { provide: APP_FILTER, useClass: WechatPayErrorFilter };
// #endregion filter
