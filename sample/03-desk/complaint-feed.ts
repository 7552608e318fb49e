import { Injectable } from '@nestjs/common';
import type { ComplaintActionType } from 'nestjs-wechatpay-complaint';
import { type Observable, Subject } from 'rxjs';

/** Something has happened to a complaint: what it is now, a look-up tells. */
export interface ComplaintChange {
  readonly complaintId: string;
  readonly action: ComplaintActionType;
}

/**
 * From the notifications to the browsers. This one knows its own process only: with several behind
 * a load balancer it would be Redis' publish and subscribe.
 */
@Injectable()
export class ComplaintFeed {
  private readonly subject = new Subject<ComplaintChange>();
  readonly changes: Observable<ComplaintChange> = this.subject.asObservable();

  publish(change: ComplaintChange): void {
    this.subject.next(change);
  }
}
