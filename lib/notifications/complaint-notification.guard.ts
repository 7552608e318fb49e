import {
  type CanActivate,
  type ExecutionContext,
  Inject,
  Injectable,
  SetMetadata,
} from '@nestjs/common';
import { COMPLAINT_NOTIFICATION_RECEIVER } from '../wechatpay-complaint.constants.js';
import { COMPLAINT_NOTIFICATION_GUARD_METADATA } from './guarded-route.js';
import { ComplaintNotificationReceiver } from './complaint-notification.receiver.js';
import type { ComplaintNotificationPayload } from './complaint-notification-payload.interface.js';
import type { IncomingRequest } from './raw-body.js';
import { attachPayload, findPayload } from './request-payload.js';

/**
 * Lets a request pass only as a verified and decrypted complaint notification, and keeps the
 * payload for `@ComplaintPayload()`. Part of `@ComplaintNotification()`; by itself for routes that
 * answer in their own way. Its exceptions are answered as WeChat Pay expects without any filter.
 *
 * @throws ComplaintNotificationException
 */
@Injectable()
@SetMetadata(COMPLAINT_NOTIFICATION_GUARD_METADATA, true)
export class ComplaintNotificationGuard implements CanActivate {
  constructor(
    @Inject(COMPLAINT_NOTIFICATION_RECEIVER)
    private readonly receiver: ComplaintNotificationReceiver,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = this.getRequest(context);
    // A subclass may stand beside @ComplaintNotification(): what one guard verified, both may use.
    const payload = findPayload(request) ?? (await this.receiver.receive(request));
    attachPayload(request, payload);
    return this.isAccepted(payload, context);
  }

  /** For contexts in which the HTTP request is to be found elsewhere. */
  protected getRequest(context: ExecutionContext): IncomingRequest {
    return context.switchToHttp().getRequest();
  }

  /**
   * A last word on genuine notifications, for subclasses. To refuse one, throw an HttpException;
   * `false` is Nest's 403.
   */
  protected isAccepted(
    _payload: ComplaintNotificationPayload,
    _context: ExecutionContext,
  ): boolean | Promise<boolean> {
    return true;
  }
}
