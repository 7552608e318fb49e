import {
  applyDecorators,
  type ExecutionContext,
  HttpCode,
  HttpStatus,
  UseFilters,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import { ComplaintNotificationFilter } from './complaint-notification.filter.js';
import { ComplaintNotificationGuard } from './complaint-notification.guard.js';
import { ComplaintNotificationInterceptor } from './complaint-notification.interceptor.js';
import { isGuarded } from './guarded-route.js';

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
    NoContent,
    UseGuards(ComplaintNotificationGuard),
    UseInterceptors(ComplaintNotificationInterceptor),
    UseFilters(ComplaintNotificationFilter),
  );
}

/**
 * Whether a route has `@ComplaintNotification()`, or its guard alone: for a global guard, which would turn WeChat Pay
 * away, and for interceptors that should leave these routes alone.
 */
export function isComplaintNotification(
  context: Pick<ExecutionContext, 'getHandler' | 'getClass'>,
): boolean {
  return isGuarded(context.getHandler()) || isGuarded(context.getClass());
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
  const prototype = target.prototype as object;
  for (const [name, method] of methodsOf(prototype)) {
    if (!Object.hasOwn(prototype, name)) Object.defineProperty(prototype, name, method);
    noContent(prototype, name, method);
  }
}

/**
 * All methods, the nearest first. Those of a base class come as copies with the same metadata, for
 * what is set on the original would hold for every other class that inherits it.
 */
function methodsOf(prototype: object): Map<string, PropertyDescriptor> {
  const methods = new Map<string, PropertyDescriptor>();
  for (
    let owner: unknown = prototype;
    typeof owner === 'object' && owner !== null && owner !== Object.prototype;
    owner = Object.getPrototypeOf(owner)
  ) {
    for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(owner))) {
      const method: unknown = descriptor.value;
      if (!isMethod(method) || name === 'constructor' || methods.has(name)) continue;
      const value = owner === prototype ? method : copyOf(method);
      methods.set(name, { ...descriptor, value });
    }
  }
  return methods;
}

type Method = (...args: unknown[]) => unknown;

function isMethod(value: unknown): value is Method {
  return typeof value === 'function';
}

function copyOf(method: Method): Method {
  const copy: Method = function (this: unknown, ...args) {
    return method.apply(this, args);
  };
  for (const key of Reflect.getMetadataKeys(method) as unknown[]) {
    Reflect.defineMetadata(key, Reflect.getMetadata(key, method), copy);
  }
  return Object.defineProperty(copy, 'name', { value: method.name });
}
