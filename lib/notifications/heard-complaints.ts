import type { Logger } from '@nestjs/common';
import type { AppContext } from '../merchant/app-context.js';
import { remembersComplaints } from '../stores/complaint-store.js';
import { parseChinaTime } from '../utils/china-time.js';
import { errorMessage } from '../utils/error-message.js';
import { settlesWithin } from '../utils/settles-within.js';
import type { ComplaintNotificationPayload } from './complaint-notification-payload.interface.js';
import { creationId } from './notification-key.js';
import { notificationLabel } from './notification-label.js';
import type { NotificationOutcome } from './received-notification.js';

/** Milliseconds for which a handled notification may wait until its complaint is remembered. */
const WRITE_LIMIT = 1000;

/** Remembers of which complaints something was handled, so that reconciliation does not take it for lost. */
export class HeardComplaints {
  constructor(
    private readonly app: AppContext,
    private readonly logger: Logger,
  ) {}

  /**
   * The id under which a notification is remembered as handled. A complaint is created once, so its
   * creation goes by the complaint when complaints are reconciled.
   */
  idOf({ id, complaint }: ComplaintNotificationPayload): string {
    const { options, store } = this.app;
    return complaint.action_type === 'CREATE_COMPLAINT' &&
      options.reconciliation.isOn &&
      store &&
      remembersComplaints(store)
      ? creationId(complaint.complaint_id)
      : id;
  }

  /**
   * Never rejects: at worst the same is found by a sweep and handled again. What was handled just now may
   * undo what a lost notification was about, so that the complaint looks as it was last seen: the next
   * sweep has to look closer.
   */
  async remember(
    notification: ComplaintNotificationPayload,
    outcome: NotificationOutcome,
  ): Promise<void> {
    const { store, options } = this.app;
    if (!store || !remembersComplaints(store)) return;
    const { mchid, complaint } = notification;
    const isChange = complaint.action_type !== 'CREATE_COMPLAINT';
    const writing = store.writeComplaint(
      { mchid, complaintId: complaint.complaint_id },
      { heardAt: timeOf(notification), seen: isChange && outcome !== 'duplicate' ? '' : undefined },
      options.reconciliation.memory,
    );
    try {
      if (await settlesWithin(writing, WRITE_LIMIT)) await writing;
    } catch (error) {
      this.logger.debug(
        `${notificationLabel(notification)} was handled, but reconciliation may find it again, because ` +
          `the store has not recorded its complaint: ${errorMessage(error)}`,
      );
    }
  }
}

/** A time that lies ahead would hide what happens until then. */
function timeOf({ create_time }: ComplaintNotificationPayload): number {
  const now = Date.now();
  return Math.min(parseChinaTime(create_time) ?? now, now);
}
