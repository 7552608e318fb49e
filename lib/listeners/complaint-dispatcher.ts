import { Injectable } from '@nestjs/common';
import { ContextIdFactory, ModuleRef } from '@nestjs/core';
import { AppContext } from '../merchant/app-context.js';
import { ComplaintNotificationProcessor } from '../notifications/complaint-notification.processor.js';
import type { ComplaintNotificationPayload } from '../notifications/complaint-notification-payload.interface.js';
import {
  type NotificationOutcome,
  type NotificationTask,
  ReceivedNotification,
} from '../notifications/received-notification.js';
import { Deadline } from '../utils/deadline.js';
import { ComplaintListenerExplorer } from './complaint-listener.explorer.js';

/** Gives notifications to the methods with `@OnComplaint()`. */
@Injectable()
export class ComplaintDispatcher {
  constructor(
    private readonly explorer: ComplaintListenerExplorer,
    private readonly processor: ComplaintNotificationProcessor,
    private readonly moduleRef: ModuleRef,
    private readonly app: AppContext,
  ) {}

  /**
   * Gives a verified notification to its listeners, without HTTP: what a queue worker or a serverless
   * function calls with the payload of `ComplaintNotificationVerifier`. Claims, leases, deadline and
   * shutdown are those of a notification that comes over HTTP.
   *
   * @returns `handled` when a listener has handled it just now, `duplicate` when each one had handled
   * it before, `ignored` when nobody listens for its action
   * @throws ComplaintNotificationException IN_PROGRESS, HANDLER_TIMEOUT, STORE_UNAVAILABLE
   * @throws whatever the first listener that has failed throws
   */
  dispatch(payload: ComplaintNotificationPayload): Promise<NotificationOutcome> {
    const deadline = new Deadline(this.app.options.handlerTimeout);
    return this.deliver(
      new ReceivedNotification(payload, (tasks) =>
        this.processor.process(payload, tasks, deadline),
      ),
    );
  }

  /** Gives a notification that the guard has let pass to its listeners. */
  deliver(notification: ReceivedNotification): Promise<NotificationOutcome> {
    return notification.process(this.tasksFor(notification.payload));
  }

  private tasksFor(payload: ComplaintNotificationPayload): NotificationTask[] {
    const listeners = this.explorer
      .listeners()
      .filter((listener) => listener.hears(payload.complaint.action_type));
    // All listeners of a notification share its request-scoped providers. Nest keeps them by this id,
    // in weak maps, so they end with the last listener.
    const context = ContextIdFactory.create();
    if (listeners.some(({ isStatic }) => !isStatic)) {
      this.moduleRef.registerRequestByContextId(payload, context);
    }
    return listeners.map((listener) => ({
      listener: listener.name,
      inTransaction: listener.isInTransaction,
      handle: (transaction) => listener.run(payload, context, transaction),
    }));
  }
}
