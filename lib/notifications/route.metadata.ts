/** Set on the guard; subclasses inherit it. */
export const COMPLAINT_NOTIFICATION_GUARD_METADATA = 'nestjs-wechatpay-complaint:guard';

/** Set on the wrapped method of a route with `@ComplaintNotification()`. */
export const COMPLAINT_NOTIFICATION_ROUTE_METADATA = 'nestjs-wechatpay-complaint:route';

/** Keys of Nest's own metadata. No package root exports them. */
const GUARDS_METADATA = '__guards__';
export const PARAMETERS_METADATA = '__routeArguments__';
export const RESPONSE_PASSTHROUGH_METADATA = '__responsePassthrough__';
/** Set by TypeScript with `emitDecoratorMetadata`. It counts parameters with a default value too. */
export const PARAMETER_TYPES_METADATA = 'design:paramtypes';
export const PATH_METADATA = 'path';
export const METHOD_METADATA = 'method';
export const HTTP_CODE_METADATA = '__httpCode__';
export const REDIRECT_METADATA = '__redirect__';
export const RENDER_METADATA = '__renderTemplate__';
export const SSE_METADATA = '__sse__';

/** Whether a controller class or a method has the guard, or a subclass of it. */
export function isGuarded(target: unknown): boolean {
  if (typeof target !== 'function') return false;
  const guards: unknown = Reflect.getMetadata(GUARDS_METADATA, target);
  return (
    Array.isArray(guards) &&
    guards.some(
      (guard: unknown) =>
        typeof guard === 'function' &&
        Reflect.hasMetadata(COMPLAINT_NOTIFICATION_GUARD_METADATA, guard),
    )
  );
}

/** Whether a method is a route with `@ComplaintNotification()`. */
export function isComplaintNotificationRoute(method: unknown): method is () => unknown {
  return (
    typeof method === 'function' &&
    Reflect.hasOwnMetadata(COMPLAINT_NOTIFICATION_ROUTE_METADATA, method)
  );
}
