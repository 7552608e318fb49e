import { isGeneratorFunction } from 'node:util/types';
import { inspect } from 'node:util';
import type { ComplaintActionType } from '../notifications/complaint-notification-payload.interface.js';
import { listenerMetadata, markListener } from './listener.metadata.js';

/**
 * Makes a method of a provider or controller listen for complaint notifications. It gets a
 * `ComplaintNotificationPayload`; a promise or an Observable that it returns is awaited. None given:
 * it listens for every action, known or new.
 *
 * ```ts
 * @OnComplaint('CREATE_COMPLAINT', 'CONTINUE_COMPLAINT')
 * async open(notification: ComplaintNotificationPayload) {}
 * ```
 *
 * Notifications come from the option `route` of the module and from `ComplaintDispatcher`. Each
 * listener of a notification is remembered by itself, under the name of its class and its method:
 * when one fails, a redelivery runs that one only.
 *
 * @throws TypeError on anything but a method that Nest can find, and on a generator
 */
export function OnComplaint(...actionTypes: ComplaintActionType[]): MethodDecorator {
  return (target: object, key?: string | symbol, descriptor?: PropertyDescriptor): void => {
    // JavaScript, and a cast, can put it anywhere and give it anything.
    const method: unknown = descriptor?.value;
    const fail = (problem: string): never => {
      const owner = typeof target === 'function' ? target : target.constructor;
      const name = key === undefined ? owner.name : `${owner.name}.${String(key)}`;
      throw new TypeError(`@OnComplaint() on ${name}: ${problem}`);
    };
    if (key === undefined) return fail('this is a class. Put it on the method that listens.');
    if (typeof target === 'function') {
      return fail('Nest has no instance of a static method. Remove static.');
    }
    if (typeof key === 'symbol') return fail('Nest does not find a method named by a symbol.');
    if (typeof method !== 'function') return fail('this is not a method.');
    if (isGeneratorFunction(method)) {
      return fail('this is a generator, whose code would never run. Use an async method.');
    }
    if (Object.hasOwn(target, key) && listenerMetadata(target, key)) {
      return fail('it is there twice. Name all actions in one.');
    }
    const wrong = actionTypes.filter((type: unknown) => typeof type !== 'string' || type === '');
    if (wrong.length > 0) {
      return fail(
        `${inspect(wrong[0])} is not an action_type. Give texts such as 'CREATE_COMPLAINT'.`,
      );
    }
    markListener(target, key, { actionTypes });
  };
}
