import { Injectable, Logger } from '@nestjs/common';
import { ContextIdFactory, ModuleRef } from '@nestjs/core';
import { ListenerMethod } from '../listeners/complaint-listener.js';
import { ComplaintListenerExplorer } from '../listeners/complaint-listener.explorer.js';
import { logFailure } from '../notifications/handler-failure.js';
import { notificationKey, reconciliationId } from '../notifications/notification-key.js';
import { type LeaseSettings, NotificationLease } from '../notifications/notification-lease.js';
import type { NotificationStore } from '../stores/notification-store.interface.js';
import { errorMessage } from '../utils/error-message.js';
import { LOGGER_CONTEXT } from '../wechatpay-complaint.constants.js';
import type { ComplaintDeadline } from './complaint-deadline.interface.js';
import { hearsOfDeadlines } from './on-complaint-deadline.decorator.js';
import type { Reminder } from './reminders.js';

/** Finds and calls the methods with `@OnComplaintDeadline()`. */
@Injectable()
export class DeadlineListeners {
  private readonly logger = new Logger(LOGGER_CONTEXT);
  private found?: readonly ListenerMethod[];

  constructor(
    private readonly explorer: ComplaintListenerExplorer,
    private readonly moduleRef: ModuleRef,
  ) {}

  methods(): readonly ListenerMethod[] {
    this.found ??= this.explorer
      .find(({ prototype }, key) => hearsOfDeadlines(prototype, key) || undefined)
      .map(({ host, key }) => new ListenerMethod(host, key));
    return this.found;
  }

  /**
   * Calls each method once for a reminder, over all processes. Never rejects.
   *
   * @returns whether all of them have succeeded by now
   */
  async remind(
    store: NotificationStore,
    deadline: ComplaintDeadline,
    reminder: Reminder,
    settings: LeaseSettings,
  ): Promise<boolean> {
    const { mchid, complaint } = deadline;
    const id = reconciliationId(
      'deadline',
      complaint.complaint_id,
      reminder.kind,
      String(reminder.moment),
    );
    const context = ContextIdFactory.create();
    if (this.methods().some(({ isStatic }) => !isStatic)) {
      this.moduleRef.registerRequestByContextId(deadline, context);
    }
    const results = await Promise.all(
      this.methods().map((method) =>
        this.runOnce(store, notificationKey({ mchid, id }, method.name), settings, {
          label: `The reminder of complaint ${complaint.complaint_id} (${reminder.kind}, ${reminder.state}) for ${method.name}`,
          run: () => method.call([deadline], context),
        }),
      ),
    );
    return results.every((isOver) => isOver);
  }

  private async runOnce(
    store: NotificationStore,
    key: { readonly mchid: string; readonly id: string },
    settings: LeaseSettings,
    task: { readonly label: string; readonly run: () => Promise<void> },
  ): Promise<boolean> {
    let lease: NotificationLease;
    try {
      const claim = await NotificationLease.claim(store, key, settings, this.logger);
      if (typeof claim === 'string') return claim === 'done';
      lease = claim;
    } catch (error) {
      this.logger.warn(
        `${task.label} is put off until the next sweep, because the store failed: ${errorMessage(error)}`,
      );
      return false;
    }
    try {
      await task.run();
    } catch (error) {
      logFailure(this.logger, task.label, error, {}, 'The next sweep tries again');
      await lease.release();
      return false;
    }
    try {
      await lease.complete();
    } catch (error) {
      this.logger.warn(
        `${task.label} may be repeated, because the store has not recorded it: ${errorMessage(error)}`,
      );
    }
    return true;
  }
}
