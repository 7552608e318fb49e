import {
  applyDecorators,
  type ExecutionContext,
  HttpCode,
  HttpStatus,
  UseFilters,
  UseGuards,
} from '@nestjs/common';
import { ComplaintNotificationFilter } from './complaint-notification.filter.js';
import { ComplaintNotificationGuard } from './complaint-notification.guard.js';
import type { IncomingRequest } from './raw-body.js';
import { isGuarded, setMerchantReader } from './route.metadata.js';
import { wrapRouteHandler } from './route-handler.js';

export interface ComplaintNotificationOptions<Request extends IncomingRequest = IncomingRequest> {
  /**
   * In an app with several merchants: the mchid that a request of Express or Fastify is for, by its host
   * or by a header, for instance. Strangers choose these, so the notification is verified with the keys
   * of that merchant. Without a result the notification is rejected with `UNKNOWN_MERCHANT`.
   *
   * @default the route parameter `:mchid`; without one, the keys tell the merchant
   */
  readonly merchant?: (request: Request) => string | undefined;
}

/**
 * Makes a POST route receive complaint notifications. Each one is verified and decrypted before
 * anything else of the app runs, and handled once. The response is 204 when the method has finished,
 * whether it returns a value, a promise or an Observable, and `{"code":"FAIL","message"}` with 4xx or
 * 5xx when it has failed. Put a filter of your own above this decorator.
 *
 * ```ts
 * @Post('wechatpay/complaints')
 * @ComplaintNotification()
 * handle(@ComplaintPayload() notification: ComplaintNotificationPayload) {}
 * ```
 *
 * In an app with several merchants `@Post('wechatpay/:mchid/complaints')` gives each one a URL of its own.
 *
 * @throws TypeError on anything but a method of which Nest makes a route, and on a generator
 */
export function ComplaintNotification<Request extends IncomingRequest = IncomingRequest>({
  merchant,
}: ComplaintNotificationOptions<Request> = {}): MethodDecorator {
  const nameMerchant = (
    _prototype: object,
    _key: unknown,
    descriptor: PropertyDescriptor,
  ): void => {
    const method: unknown = descriptor.value;
    if (merchant && typeof method === 'function') setMerchantReader(method, merchant);
  };
  const decorate = applyDecorators(
    wrapRouteHandler,
    nameMerchant,
    HttpCode(HttpStatus.NO_CONTENT),
    UseGuards(ComplaintNotificationGuard),
    UseFilters(ComplaintNotificationFilter),
  );
  // JavaScript, and a cast, can still put it on a class.
  return (target: object, key?: string | symbol, descriptor?: PropertyDescriptor): void => {
    if (key === undefined) {
      throw new TypeError(
        `@ComplaintNotification() is on the class ${typeof target === 'function' ? target.name : ''}. ` +
          'Put it on the method that handles notifications, beside @Post().',
      );
    }
    // A property has no descriptor.
    decorate(target, key, descriptor ?? {});
  };
}

/**
 * Whether a route has `@ComplaintNotification()`, or its guard alone. A global guard of the app, a rate
 * limiter or an interceptor uses it to leave these routes alone.
 */
export function isComplaintNotification(
  context: Pick<ExecutionContext, 'getHandler' | 'getClass'>,
): boolean {
  return isGuarded(context.getHandler()) || isGuarded(context.getClass());
}
