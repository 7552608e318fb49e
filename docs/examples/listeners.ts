import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import {
  ComplaintDispatcher,
  type ComplaintNotificationPayload,
  ComplaintNotificationVerifier,
  OnComplaint,
} from 'nestjs-wechatpay-complaint';

// #region listeners
@Injectable()
export class ComplaintListeners {
  private readonly logger = new Logger(ComplaintListeners.name);

  @OnComplaint('CREATE_COMPLAINT', 'CONTINUE_COMPLAINT')
  open({ complaint }: ComplaintNotificationPayload): void {
    this.logger.warn(`${complaint.complaint_id}: reply within 24 hours`);
  }

  @OnComplaint() // every action, known or new
  record({ id, complaint }: ComplaintNotificationPayload): void {
    this.logger.log(`${id}: ${complaint.action_type}`);
  }
}
// #endregion listeners

/** Of a queue. */
interface Job {
  readonly headers: Record<string, string>;
  readonly body: Buffer;
}

interface Queue {
  onJob(work: (job: Job) => Promise<void>): void;
}

// #region dispatcher
@Injectable()
export class NotificationWorker implements OnApplicationBootstrap {
  constructor(
    private readonly queue: Queue,
    private readonly verifier: ComplaintNotificationVerifier,
    private readonly dispatcher: ComplaintDispatcher,
  ) {}

  onApplicationBootstrap(): void {
    this.queue.onJob(async ({ headers, body }) => {
      const payload = await this.verifier.verify({ headers, body });
      await this.dispatcher.dispatch(payload); // 'handled', 'duplicate' or 'ignored'
    });
  }
}
// #endregion dispatcher
