import type { Type } from '@nestjs/common';
import type { IncomingRequest } from './raw-body.js';

/** Set on the guard; subclasses inherit it. */
export const COMPLAINT_NOTIFICATION_GUARD_METADATA = 'nestjs-wechatpay-complaint:guard';

/** Set on the wrapped method of a route with `@ComplaintNotification()`. */
export const COMPLAINT_NOTIFICATION_ROUTE_METADATA = 'nestjs-wechatpay-complaint:route';

/** Set by `@ComplaintNotification({ merchant })` on the wrapped method. */
const COMPLAINT_NOTIFICATION_MERCHANT_METADATA = 'nestjs-wechatpay-complaint:merchant';

/** Keys of Nest's own metadata. No package root exports them. */
const GUARDS_METADATA = '__guards__';
export const PARAMETERS_METADATA = '__routeArguments__';
export const RESPONSE_PASSTHROUGH_METADATA = '__responsePassthrough__';
/** Set by TypeScript with `emitDecoratorMetadata`. It counts parameters with a default value too. */
export const PARAMETER_TYPES_METADATA = 'design:paramtypes';
export const PATH_METADATA = 'path';
export const METHOD_METADATA = 'method';
export const REDIRECT_METADATA = '__redirect__';
export const RENDER_METADATA = '__renderTemplate__';
export const SSE_METADATA = '__sse__';

/** Whether a controller class or a method has the guard, or a subclass of it. */
export function isGuarded(target: unknown): boolean {
  return guardsOf(target).length > 0;
}

/** The guard or subclasses of it that a controller class or a method has. */
export function guardsOf(target: unknown): Type<object>[] {
  if (typeof target !== 'function') return [];
  const guards: unknown = Reflect.getMetadata(GUARDS_METADATA, target);
  return Array.isArray(guards) ? guards.filter(isOurGuard) : [];
}

function isOurGuard(guard: unknown): guard is Type<object> {
  return (
    typeof guard === 'function' && Reflect.hasMetadata(COMPLAINT_NOTIFICATION_GUARD_METADATA, guard)
  );
}

/** Reads the mchid that a request names. */
export type MerchantReader = (request: IncomingRequest) => string | undefined;

/** @param read for the request of Express or of Fastify, whichever the app runs on */
export function setMerchantReader(
  method: object,
  read: (request: never) => string | undefined,
): void {
  Reflect.defineMetadata(COMPLAINT_NOTIFICATION_MERCHANT_METADATA, read, method);
}

export function merchantReaderOf(method: object): MerchantReader | undefined {
  const read: unknown = Reflect.getOwnMetadata(COMPLAINT_NOTIFICATION_MERCHANT_METADATA, method);
  return isReader(read) ? read : undefined;
}

function isReader(read: unknown): read is MerchantReader {
  return typeof read === 'function';
}

/** Whether a method is a route with `@ComplaintNotification()`. */
export function isComplaintNotificationRoute(method: unknown): method is () => unknown {
  return (
    typeof method === 'function' &&
    Reflect.hasOwnMetadata(COMPLAINT_NOTIFICATION_ROUTE_METADATA, method)
  );
}
