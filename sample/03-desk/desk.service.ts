import type { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import {
  type ComplaintActionType,
  type ComplaintHistoryEntry,
  type ComplaintImage,
  ComplaintService,
} from 'nestjs-wechatpay-complaint';
import { firstValueFrom, forkJoin, lastValueFrom, type Observable, toArray } from 'rxjs';
import { ComplaintFeed } from './complaint-feed.js';
import { type ComplaintListView, type ComplaintView, toComplaintView } from './complaint.view.js';
import type { RefundDecisionDto, ReplyDto } from './desk.dto.js';
import { type ComplaintDetailsView, toDetailsView } from './history.view.js';
import { markUncertain } from './uncertain-outcome.error.js';

const DAY = 24 * 60 * 60 * 1000;
const CHINA_OFFSET = 8 * 60 * 60 * 1000;
/** Days of one part of the list. WeChat Pay takes ranges of at most 30 days. */
const DAYS = 30;

/** Everything that the desk does with ComplaintService. */
@Injectable()
export class DeskService {
  constructor(
    private readonly complaints: ComplaintService,
    private readonly feed: ComplaintFeed,
  ) {}

  /**
   * The complaints of 30 days.
   *
   * @param end last day, `yyyy-MM-dd`, in China's time
   */
  async list(end = todayInChina()): Promise<ComplaintListView> {
    const begin = daysBefore(end, DAYS - 1);
    const complaints: ComplaintView[] = [];
    let unreadable = 0;
    const query = {
      begin_date: begin,
      end_date: end,
      onUnreadable: () => {
        unreadable += 1;
      },
    };
    for await (const complaint of this.complaints.listAll(query)) {
      complaints.push(toComplaintView(complaint));
    }
    return { complaints, begin, older: daysBefore(begin, 1), unreadable };
  }

  async details(id: string): Promise<ComplaintDetailsView> {
    const [complaint, history] = await firstValueFrom(
      forkJoin([
        this.complaints.get(id),
        this.complaints.historyAll(id).pipe(toArray<ComplaintHistoryEntry>()),
      ]),
    );
    return toDetailsView(complaint, history);
  }

  /** In plain text, for the person who asked for it. Never log it. */
  async phone(id: string): Promise<string | undefined> {
    const complaint = await firstValueFrom(this.complaints.get(id));
    return firstValueFrom(this.complaints.decryptPayerPhone(complaint));
  }

  async reply(id: string, { id: replyId, text, pictures }: ReplyDto): Promise<void> {
    const { complainted_mchid, need_immediate_service } = await firstValueFrom(
      this.complaints.get(id),
    );
    const reply = need_immediate_service
      ? // This consumer waits in a chat.
        this.complaints.replyImmediately(id, {
          complainted_mchid,
          idempotent_id: replyId,
          message: {
            sender_identity: 'MANUAL',
            blocks: [
              { type: 'TEXT', text: { text } },
              ...pictures.map((media_id) => ({ type: 'IMAGE' as const, image: { media_id } })),
            ],
          },
        })
      : this.complaints.reply(id, {
          complainted_mchid,
          response_content: text,
          response_images: pictures,
        });
    await this.act(id, 'MERCHANT_RESPONSE', reply);
  }

  async complete(id: string): Promise<void> {
    const { complainted_mchid } = await firstValueFrom(this.complaints.get(id));
    await this.act(
      id,
      'MERCHANT_CONFIRM_COMPLETE',
      this.complaints.complete(id, { complainted_mchid }),
    );
  }

  /** Approving promises a refund. Making it is a call to WeChat Pay's refund API, not to this one. */
  async decideRefund(id: string, { decision, day, reason }: RefundDecisionDto): Promise<void> {
    if (decision === 'approve') {
      const approval = { launch_refund_day: day };
      await this.act(id, 'MERCHANT_APPROVE_REFUND', this.complaints.approveRefund(id, approval));
    } else {
      const rejection = { reject_reason: reason };
      await this.act(id, 'MERCHANT_REJECT_REFUND', this.complaints.rejectRefund(id, rejection));
    }
  }

  /** @returns the media id */
  async upload(file: Readable, filename: string): Promise<string> {
    return (await firstValueFrom(this.complaints.uploadImage(file, { filename }))).media_id;
  }

  /** Anything but a URL of WeChat Pay's image API is rejected before it is signed. */
  picture(url: string): Promise<ComplaintImage> {
    return firstValueFrom(this.complaints.downloadImage(url));
  }

  /** WeChat Pay does not notify a merchant of its own actions, so the other browsers learn it here. */
  private async act(
    complaintId: string,
    action: ComplaintActionType,
    call: Observable<unknown>,
  ): Promise<void> {
    await lastValueFrom(call.pipe(markUncertain()), { defaultValue: undefined });
    this.feed.publish({ complaintId, action });
  }
}

function todayInChina(): string {
  return new Date(Date.now() + CHINA_OFFSET).toISOString().slice(0, 10);
}

function daysBefore(date: string, days: number): string {
  return new Date(Date.parse(date) - days * DAY).toISOString().slice(0, 10);
}
