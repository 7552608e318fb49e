import {
  type CanActivate,
  type ExecutionContext,
  Inject,
  Injectable,
  SetMetadata,
} from '@nestjs/common';
import { isJsonObject } from '../utils/json.js';
import { COMPLAINT_NOTIFICATION_RECEIVER } from '../wechatpay-complaint.constants.js';
import { ComplaintNotificationReceiver } from './complaint-notification.receiver.js';
import type { ComplaintNotificationPayload } from './complaint-notification-payload.interface.js';
import type { IncomingRequest } from './raw-body.js';
import { attachNotification, findNotification } from './received-notification.js';
import { COMPLAINT_NOTIFICATION_GUARD_METADATA, merchantReaderOf } from './route.metadata.js';

/**
 * Lets a request pass only if it is a genuine complaint notification, and keeps its payload for
 * `@ComplaintPayload()`. `@ComplaintNotification()` brings it. Use it alone on a route that sends its
 * own response; such a route does not remember what was handled.
 *
 * @throws ComplaintNotificationException, which is a complete response to WeChat Pay without a filter
 */
@Injectable()
@SetMetadata(COMPLAINT_NOTIFICATION_GUARD_METADATA, true)
export class ComplaintNotificationGuard implements CanActivate {
  constructor(
    @Inject(COMPLAINT_NOTIFICATION_RECEIVER)
    private readonly receiver: ComplaintNotificationReceiver,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    // @ComplaintPayload() and the handler look for the notification here.
    const argument = context.getArgByIndex<object>(0);
    // Two guards may be on one route, such as a subclass beside @ComplaintNotification().
    const notification =
      findNotification(argument) ??
      (await this.receiver.receive(this.getRequest(context), this.getMerchant(context)));
    attachNotification(argument, notification);
    return this.isAccepted(notification.payload, context);
  }

  /** Override it where the HTTP request is not the first argument of the route. */
  protected getRequest(context: ExecutionContext): IncomingRequest {
    return context.getArgByIndex(0);
  }

  /**
   * The mchid that the request names: by what `@ComplaintNotification({ merchant })` says, otherwise by
   * the route parameter `:mchid`. Undefined if it names none; the keys then tell the merchant, unless
   * merchants are looked up.
   */
  protected getMerchant(context: ExecutionContext): string | undefined {
    const request = this.getRequest(context);
    const read = merchantReaderOf(context.getHandler());
    if (read) return read(request) ?? '';
    const { params } = request;
    const mchid = isJsonObject(params) ? params.mchid : undefined;
    return typeof mchid === 'string' ? mchid : undefined;
  }

  /**
   * Override it to reject genuine notifications. Throw an HttpException; `false` becomes Nest's 403. WeChat
   * Pay redelivers the notification in both cases.
   */
  protected isAccepted(
    _payload: ComplaintNotificationPayload,
    _context: ExecutionContext,
  ): boolean | Promise<boolean> {
    return true;
  }
}
