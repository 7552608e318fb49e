import { Injectable } from '@nestjs/common';
import { type Complaint, ComplaintService } from 'nestjs-wechatpay-complaint';

// #region sweep
const DAY = 24 * 60 * 60 * 1000;

@Injectable()
export class ComplaintSweep {
  constructor(private readonly complaints: ComplaintService) {}

  /** Finds what no notification came for. Run it every few minutes, on one instance. */
  async run(attend: (complaint: Complaint) => Promise<void>, now = Date.now()): Promise<number> {
    const range = { begin_date: chinaDate(now - 3 * DAY), end_date: chinaDate(now) };
    let found = 0;
    for await (const complaint of this.complaints.listAll(range)) {
      if (complaint.complaint_state === 'PROCESSED') continue;
      found += 1;
      await attend(complaint); // has to bear complaints that it knows already
    }
    return found;
  }
}

/** yyyy-MM-dd in China, where WeChat Pay's days begin. */
function chinaDate(time: number): string {
  return new Date(time + 8 * 60 * 60 * 1000).toISOString().slice(0, 10);
}
// #endregion sweep
