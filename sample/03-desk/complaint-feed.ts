import { Injectable } from '@nestjs/common';
import type { ComplaintActionType } from 'nestjs-wechatpay-complaint';
import { type Observable, Subject } from 'rxjs';

/** Something happened to a complaint. Look the complaint up to learn its present state. */
export interface ComplaintChange {
  readonly complaintId: string;
  readonly action: ComplaintActionType;
}

/**
 * Passes changes on to the browsers that are connected to this process. With several processes
 * behind a load balancer, replace the Subject by publish and subscribe of Redis.
 */
@Injectable()
export class ComplaintFeed {
  private readonly subject = new Subject<ComplaintChange>();
  readonly changes: Observable<ComplaintChange> = this.subject.asObservable();

  publish(change: ComplaintChange): void {
    this.subject.next(change);
  }
}
