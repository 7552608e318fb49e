import {
  type CallHandler,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
} from '@nestjs/common';
import { from, lastValueFrom, type Observable } from 'rxjs';

/** Waits until the handler is done, whatever kind of value it returns, and drops that value. */
@Injectable()
export class ComplaintNotificationInterceptor implements NestInterceptor<unknown, undefined> {
  intercept(_context: ExecutionContext, next: CallHandler<unknown>): Observable<undefined> {
    // Through a promise, so that the work goes on when the sender hangs up: Nest 12 unsubscribes
    // from a handler's Observable then, which would leave the notification half handled.
    return from(
      lastValueFrom(next.handle(), { defaultValue: undefined }).then((): undefined => undefined),
    );
  }
}
