import {
  applyDecorators,
  type ExecutionContext,
  HttpCode,
  HttpStatus,
  SetMetadata,
  UseFilters,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import { COMPLAINT_NOTIFICATION_METADATA } from './complaint-notification.constants.js';
import { ComplaintNotificationFilter } from './complaint-notification.filter.js';
import { ComplaintNotificationGuard } from './complaint-notification.guard.js';
import { ComplaintNotificationInterceptor } from './complaint-notification.interceptor.js';

/**
 * Makes a POST route, or all routes of a controller, receive complaint notifications: verified and
 * decrypted before anything else of yours runs, answered with 204 when the handler is done, with
 * `{"code":"FAIL","message"}` when it is not. A filter of your own goes above this decorator.
 *
 * ```ts
 * @Post('wechatpay/complaints')
 * @ComplaintNotification()
 * handle(@ComplaintPayload() notification: ComplaintNotificationPayload) {}
 * ```
 */
export function ComplaintNotification(): ClassDecorator & MethodDecorator {
  return applyDecorators(
    SetMetadata(COMPLAINT_NOTIFICATION_METADATA, true),
    NoContent,
    UseGuards(ComplaintNotificationGuard),
    UseInterceptors(ComplaintNotificationInterceptor),
    UseFilters(ComplaintNotificationFilter),
  );
}

/**
 * Whether a route has `@ComplaintNotification()`: for a global guard, which would turn WeChat Pay
 * away, and for interceptors that should leave these routes alone.
 */
export function isComplaintNotification(
  context: Pick<ExecutionContext, 'getHandler' | 'getClass'>,
): boolean {
  return [context.getHandler(), context.getClass()].some(
    (target) => Reflect.getMetadata(COMPLAINT_NOTIFICATION_METADATA, target) === true,
  );
}

/**
 * 204, on a method or on all methods of a class. Nest reads the status from the method only, and
 * answers a POST with 201 otherwise, which WeChat Pay does not reliably take for success.
 */
function NoContent(target: object, key?: string | symbol, descriptor?: PropertyDescriptor): void {
  const noContent = HttpCode(HttpStatus.NO_CONTENT);
  if (key !== undefined && descriptor) {
    noContent(target, key, descriptor);
    return;
  }
  if (typeof target !== 'function') return;
  for (
    let prototype: unknown = target.prototype;
    typeof prototype === 'object' && prototype !== null && prototype !== Object.prototype;
    prototype = Object.getPrototypeOf(prototype)
  ) {
    for (const [name, method] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
      if (typeof method.value === 'function' && name !== 'constructor') {
        noContent(prototype, name, method);
      }
    }
  }
}
