import type { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import {
  type ComplaintHistoryEntry,
  type ComplaintImage,
  type ComplaintRange,
  ComplaintService,
} from 'nestjs-wechatpay-complaint';
import { firstValueFrom, forkJoin, toArray } from 'rxjs';
import {
  type ComplaintDetailsView,
  type ComplaintView,
  toComplaintView,
  toDetailsView,
} from './complaint.view.js';
import type { AnswerDto, RefundDecisionDto } from './desk.dto.js';

const DAY = 24 * 60 * 60 * 1000;
const CHINA_OFFSET = 8 * 60 * 60 * 1000;

/** What the desk does, all of it by ComplaintService. */
@Injectable()
export class DeskService {
  constructor(private readonly complaints: ComplaintService) {}

  /** Those of the last 30 days, newest first. */
  async list(): Promise<ComplaintView[]> {
    const found: ComplaintView[] = [];
    for await (const complaint of this.complaints.listAll(lastDays(30))) {
      found.push(toComplaintView(complaint));
    }
    return found.sort((a, b) => Date.parse(b.time) - Date.parse(a.time));
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

  /** In plain text: for the eyes of whoever has asked for it, and no log. */
  async phone(id: string): Promise<string | undefined> {
    return this.complaints.decryptPayerPhone(await firstValueFrom(this.complaints.get(id)));
  }

  async answer(id: string, { id: answerId, text, pictures }: AnswerDto): Promise<void> {
    const { complainted_mchid, need_immediate_service } = await firstValueFrom(
      this.complaints.get(id),
    );
    if (!need_immediate_service) {
      const response = { complainted_mchid, response_content: text, response_images: pictures };
      await firstValueFrom(this.complaints.reply(id, response));
      return;
    }
    // This consumer waits in a chat.
    await firstValueFrom(
      this.complaints.replyImmediately(id, {
        complainted_mchid,
        idempotent_id: answerId,
        message: {
          sender_identity: 'MANUAL',
          blocks: [
            { type: 'TEXT', text: { text } },
            ...pictures.map((media_id) => ({ type: 'IMAGE' as const, image: { media_id } })),
          ],
        },
      }),
    );
  }

  async complete(id: string): Promise<void> {
    const { complainted_mchid } = await firstValueFrom(this.complaints.get(id));
    await firstValueFrom(this.complaints.complete(id, { complainted_mchid }));
  }

  /** Approving promises a refund; making it is a call of WeChat Pay's for orders, and not this desk's. */
  async decideRefund(id: string, { decision, reason }: RefundDecisionDto): Promise<void> {
    const decided =
      decision === 'approve'
        ? this.complaints.approveRefund(id, { launch_refund_day: 0 })
        : this.complaints.rejectRefund(id, { reject_reason: reason });
    await firstValueFrom(decided);
  }

  /** The media id. */
  async upload(file: Readable, filename: string): Promise<string> {
    return (await firstValueFrom(this.complaints.uploadImage(file, { filename }))).media_id;
  }

  /** A media id, or a URL of a complaint: anything else is refused before it is signed. */
  picture(mediaIdOrUrl: string): Promise<ComplaintImage> {
    return firstValueFrom(this.complaints.downloadImage(mediaIdOrUrl));
  }
}

/** Days of China, with today. */
function lastDays(count: number): ComplaintRange {
  const dayOf = (time: number): string => new Date(time + CHINA_OFFSET).toISOString().slice(0, 10);
  const now = Date.now();
  return { begin_date: dayOf(now - (count - 1) * DAY), end_date: dayOf(now) };
}
