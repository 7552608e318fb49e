import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { ComplaintNotificationPayload } from './complaint-notification-payload.interface.js';
import { notificationOf } from './received-notification.js';

const getPayload = (
  property: keyof ComplaintNotificationPayload | undefined,
  context: ExecutionContext,
): unknown => {
  const { payload } = notificationOf(context.getArgByIndex(0));
  return property === undefined ? payload : payload[property];
};

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
) => ParameterDecorator = createParamDecorator(getPayload);

/** Whether Nest's metadata of a parameter is that of `@ComplaintPayload()`. */
export function isPayloadParameter(metadata: { readonly factory?: unknown }): boolean {
  return metadata.factory === getPayload;
}
