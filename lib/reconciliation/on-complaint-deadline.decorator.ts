import { listeningMethod } from '../listeners/listening-method.js';

/** Names of methods, by the prototype that declares them. */
const marked = new WeakMap<object, Set<string>>();

/**
 * Calls a method of a provider or controller when a deadline approaches or has passed. It gets
 * a `ComplaintDeadline`; a promise or an Observable that it returns is awaited. Sweeps call it: switch the
 * option `reconciliation` on, or call `ComplaintReconciler.sweep()`.
 *
 * It is called once for each complaint, each of its two deadlines and each time of the option
 * `deadlines.remind`, and once when the deadline has passed; of several times that have come since the
 * last sweep for the last one only. When it fails, the next sweep calls it again. It is not called for
 * what was done in time.
 *
 * @throws TypeError on anything but a method that Nest can find, and on a generator
 */
export function OnComplaintDeadline(): MethodDecorator {
  return (target: object, key?: string | symbol, descriptor?: PropertyDescriptor): void => {
    const name = listeningMethod('@OnComplaintDeadline()', target, key, descriptor);
    const methods = marked.get(target) ?? new Set();
    marked.set(target, methods.add(name));
  };
}

/** Whether the method has the decorator where it is declared: a subclass that overrides it decides itself. */
export function hearsOfDeadlines(prototype: object, key: string): boolean {
  let owner: object | null = prototype;
  while (owner && !Object.hasOwn(owner, key)) owner = Reflect.getPrototypeOf(owner);
  return owner !== null && (marked.get(owner)?.has(key) ?? false);
}
