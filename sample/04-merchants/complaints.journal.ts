import { Injectable } from '@nestjs/common';

/** A complaint that was looked up because of a notification. */
export interface JournalEntry {
  /** The merchant whose notification it was. */
  readonly mchid: string;
  readonly notificationId: string;
  /** The merchant that the complaint is about, as WeChat Pay says. */
  readonly complaintedMchid: string | undefined;
}

/** In place of a database table with the complaints of all merchants. */
@Injectable()
export class ComplaintsJournal {
  readonly entries: JournalEntry[] = [];

  add(entry: JournalEntry): void {
    this.entries.push(entry);
  }
}
