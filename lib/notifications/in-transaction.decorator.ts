/** The names of the methods with `@InTransaction()`, by the prototype that declares them. */
const methods = new WeakMap<object, Set<string | symbol>>();

/**
 * Runs a method with `@ComplaintNotification()` or `@OnComplaint()` in a transaction of the store's
 * database, whose last statement remembers the notification as handled. What the method writes with
 * the given transaction is committed with it, or not at all: when the process dies at any point, or
 * another one has taken the notification over, its effects are there exactly once.
 *
 * ```ts
 * @OnComplaint()
 * @InTransaction()
 * async open(notification: ComplaintNotificationPayload, manager: EntityManager) {}
 *
 * @Post('wechatpay/complaints')
 * @ComplaintNotification()
 * @InTransaction()
 * async handle(@ComplaintPayload() notification: ComplaintNotificationPayload, manager: EntityManager) {}
 * ```
 *
 * A listener gets the transaction as its second parameter, a route as its first parameter without a
 * decorator. Its type is that of the store's client: `PoolClient`, `EntityManager`, `Knex.Transaction`.
 *
 * Only the database takes part. A call to another service is not undone by a rollback: write the job
 * into a table in the same transaction, and let a worker do it. An error of the database must not be
 * swallowed, because some databases roll back at once and go on without a transaction.
 *
 * Needs a store with transactions, such as those of `nestjs-wechatpay-complaint/sql`. Otherwise the app
 * does not start.
 *
 * @throws TypeError on anything but a method
 */
export function InTransaction(): MethodDecorator {
  // JavaScript, and a cast, can put it anywhere.
  return (target: object, key?: string | symbol, descriptor?: PropertyDescriptor): void => {
    if (key === undefined || typeof descriptor?.value !== 'function') {
      const owner = typeof target === 'function' ? target : target.constructor;
      throw new TypeError(
        `@InTransaction() on ${owner.name}${key === undefined ? '' : `.${String(key)}`}: this is not a method. ` +
          'Put it beside @ComplaintNotification() or @OnComplaint().',
      );
    }
    const names = methods.get(target) ?? new Set();
    methods.set(target, names.add(key));
  };
}

/**
 * Whether a method has `@InTransaction()`. It is looked for where the method is declared: another
 * decorator may replace the function, and a subclass that overrides it decides for itself.
 */
export function isInTransaction(prototype: object, key: string | symbol): boolean {
  let owner: object | null = prototype;
  while (owner && !Object.hasOwn(owner, key)) owner = Reflect.getPrototypeOf(owner);
  return owner !== null && methods.get(owner)?.has(key) === true;
}
