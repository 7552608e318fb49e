import { isGeneratorFunction } from 'node:util/types';

/**
 * The name of a method that a decorator was put on. JavaScript, and a cast, can put it anywhere.
 *
 * @param decorator for the message: `@OnComplaint()`
 * @throws TypeError on anything but a method that Nest can find, and on a generator
 */
export function listeningMethod(
  decorator: string,
  target: object,
  key: string | symbol | undefined,
  descriptor: PropertyDescriptor | undefined,
): string {
  const method: unknown = descriptor?.value;
  const fail = (problem: string): never => {
    throw misuse(decorator, target, key, problem);
  };
  if (key === undefined) return fail('this is a class. Put it on a method.');
  if (typeof target === 'function') {
    return fail('Nest has no instance of a static method. Remove static.');
  }
  if (typeof key === 'symbol') return fail('Nest does not find a method named by a symbol.');
  if (typeof method !== 'function') return fail('this is not a method.');
  if (isGeneratorFunction(method)) {
    return fail('this is a generator, whose code would never run. Use an async method.');
  }
  return key;
}

/** The error for a decorator in the wrong place, or with wrong arguments. */
export function misuse(
  decorator: string,
  target: object,
  key: string | symbol | undefined,
  problem: string,
): TypeError {
  const owner = typeof target === 'function' ? target : target.constructor;
  const name = key === undefined ? owner.name : `${owner.name}.${String(key)}`;
  return new TypeError(`${decorator} on ${name}: ${problem}`);
}
