import { inspect } from 'node:util';
import { Injectable } from '@nestjs/common';
import { ContextIdFactory, ModuleRef } from '@nestjs/core';
import { ComplaintNotificationProcessor } from '../notifications/complaint-notification.processor.js';
import type { ComplaintNotificationPayload } from '../notifications/complaint-notification-payload.interface.js';
import { hideUndocumented } from '../notifications/complaint-resource.js';
import {
  type NotificationOutcome,
  type NotificationTask,
  ReceivedNotification,
} from '../notifications/received-notification.js';
import { Deadline } from '../utils/deadline.js';
import { ComplaintListenerExplorer } from './complaint-listener.explorer.js';
import { assertDispatchable, assertTimeout } from './dispatch-arguments.js';

/** Settings of one call of `ComplaintDispatcher.dispatch`. */
export interface DispatchOptions {
  /**
   * Milliseconds until `dispatch` rejects with HANDLER_TIMEOUT while the listeners go on. A queue
   * worker, for which nobody waits, can give more than the option of the module.
   * @default the option `handlerTimeout` of the module
   */
  readonly handlerTimeout?: number;
}

/** Gives notifications to the methods with `@OnComplaint()`, each at most once for a listener. */
@Injectable()
export class ComplaintDispatcher {
  constructor(
    private readonly explorer: ComplaintListenerExplorer,
    private readonly processor: ComplaintNotificationProcessor,
    private readonly moduleRef: ModuleRef,
  ) {}

  /**
   * Gives a verified notification to its listeners, without HTTP: for a queue worker, or a serverless
   * function with the payload of `ComplaintNotificationVerifier`. Claims, leases and the shutdown are
   * those of a notification that comes over HTTP. A payload that went through JSON will do.
   *
   * @returns `handled` when a listener has handled it just now, `duplicate` when each one had handled
   * it before, `ignored` when nobody listens for its action
   * @throws TypeError when the payload cannot be one, or `handlerTimeout` is not a number of milliseconds
   * @throws ComplaintNotificationException IN_PROGRESS, HANDLER_TIMEOUT, STORE_UNAVAILABLE: try again
   * @throws whatever the first listener that has failed throws; a repeated call runs those that failed
   */
  async dispatch(
    payload: ComplaintNotificationPayload,
    options: DispatchOptions = {},
  ): Promise<NotificationOutcome> {
    const { handlerTimeout } = options;
    assertDispatchable(payload);
    assertTimeout(handlerTimeout);
    const delivery = {
      deadline:
        handlerTimeout === undefined
          ? this.processor.startDelivery().deadline
          : new Deadline(handlerTimeout),
      redelivery: 'ComplaintDispatcher can be given it again',
      slowAdvice: 'Give dispatch() a longer handlerTimeout.',
    };
    const notification = withHiddenFields(payload);
    return this.deliver(
      new ReceivedNotification(notification, (tasks) =>
        this.processor.process(notification, tasks, delivery),
      ),
    );
  }

  /**
   * Gives what a sweep has found to its listeners and to further tasks. Nobody waits for a response, so
   * that they have until `handlerLimit`. Rejects like `dispatch`.
   */
  feed(
    payload: ComplaintNotificationPayload,
    further: readonly NotificationTask[],
    handlerLimit: number,
  ): Promise<NotificationOutcome> {
    return this.processor.process(payload, [...this.tasksFor(payload), ...further], {
      deadline: new Deadline(handlerLimit),
      redelivery: 'ComplaintReconciler finds it again',
      slowAdvice: 'Put slow work on a queue.',
    });
  }

  /**
   * Gives a notification to its listeners that `ComplaintNotificationReceiver` has received, as the
   * route of the module does. Rejects like `dispatch`.
   */
  deliver(notification: ReceivedNotification): Promise<NotificationOutcome> {
    return notification.process(this.tasksFor(notification.payload));
  }

  private tasksFor(payload: ComplaintNotificationPayload): NotificationTask[] {
    const listeners = this.explorer
      .listeners()
      .filter((listener) => listener.hears(payload.complaint.action_type));
    // All listeners of a notification share its request-scoped providers. Nest keeps those in weak maps
    // by this id, so that they go when the last listener has ended.
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

/** JSON knows nothing of what keeps `console.log` from printing a phone number. */
function withHiddenFields(payload: ComplaintNotificationPayload): ComplaintNotificationPayload {
  if (inspect.custom in payload.complaint) return payload;
  return { ...payload, complaint: hideUndocumented({ ...payload.complaint }) };
}
