import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { ComplaintNotificationPayload } from './complaint-notification-payload.interface.js';
import { payloadOf } from './request-payload.js';

/**
 * Injects the verified notification, or one property of it:
 *
 * ```ts
 * handle(@ComplaintPayload() notification: ComplaintNotificationPayload) {}
 * handle(@ComplaintPayload('complaint') complaint: ComplaintResource) {}
 * ```
 */
export const ComplaintPayload: (
  property?: keyof ComplaintNotificationPayload,
) => ParameterDecorator = createParamDecorator(
  (property: keyof ComplaintNotificationPayload | undefined, context: ExecutionContext) => {
    const payload = payloadOf(context.switchToHttp().getRequest());
    return property === undefined ? payload : payload[property];
  },
);
