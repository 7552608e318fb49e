import {
  type CallHandler,
  type ExecutionContext,
  Inject,
  Injectable,
  Logger,
  type NestInterceptor,
} from '@nestjs/common';
import { lastValueFrom, Observable } from 'rxjs';
import { COMPLAINT_NOTIFICATION_RECEIVER } from '../wechatpay-complaint.constants.js';
import { ComplaintNotificationReceiver } from './complaint-notification.receiver.js';
import { logHandlingFailure } from './handler-failure.js';
import { payloadOf } from './request-payload.js';
import { LOGGER_CONTEXT } from '../wechatpay-complaint.constants.js';

/**
 * Has the handler run once, waits until it is done, whatever kind of value it returns, and drops
 * that value.
 */
@Injectable()
export class ComplaintNotificationInterceptor implements NestInterceptor<unknown, undefined> {
  private readonly logger = new Logger(LOGGER_CONTEXT);

  constructor(
    @Inject(COMPLAINT_NOTIFICATION_RECEIVER)
    private readonly receiver: ComplaintNotificationReceiver,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler<unknown>): Observable<undefined> {
    const notification = payloadOf(context.switchToHttp().getRequest());
    const handle = (): Promise<unknown> =>
      lastValueFrom(next.handle(), { defaultValue: undefined });
    return new Observable((subscriber) => {
      // Not unsubscribed with the subscriber: when the sender hangs up, Nest 12 would tear down a
      // handler's Observable, which would leave the notification half handled.
      this.receiver.process(notification, handle).then(
        () => {
          subscriber.next(undefined);
          subscriber.complete();
        },
        (error: unknown) => {
          // Nobody is left to answer; the error must not be lost with the connection.
          if (subscriber.closed) logHandlingFailure(this.logger, error);
          else subscriber.error(error);
        },
      );
    });
  }
}
