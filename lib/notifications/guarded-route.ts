/** Metadata of the guard that its subclasses inherit. */
export const COMPLAINT_NOTIFICATION_GUARD_METADATA = 'nestjs-wechatpay-complaint:guard';

/** Nest's key for what `@UseGuards()` sets; no package root exports it. */
const GUARDS_METADATA = '__guards__';

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
