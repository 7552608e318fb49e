import {
  type CallHandler,
  type ExecutionContext,
  Injectable,
  Logger,
  type NestInterceptor,
} from '@nestjs/common';
import { lastValueFrom, Observable } from 'rxjs';
import { logHandlingFailure } from './handling-failure.js';

/** Waits until the handler is done, whatever kind of value it returns, and drops that value. */
@Injectable()
export class ComplaintNotificationInterceptor implements NestInterceptor<unknown, undefined> {
  private readonly logger = new Logger('WechatPayComplaint');

  intercept(_context: ExecutionContext, next: CallHandler<unknown>): Observable<undefined> {
    return new Observable((subscriber) => {
      // Not unsubscribed with the subscriber: when the sender hangs up, Nest 12 would tear down a
      // handler's Observable, which would leave the notification half handled.
      lastValueFrom(next.handle(), { defaultValue: undefined }).then(
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
