import { inspect } from 'node:util';
import type { ComplaintActionType } from '../notifications/complaint-notification-payload.interface.js';
import { listenerMetadata, markListener } from './listener.metadata.js';
import { listeningMethod, misuse } from './listening-method.js';

const DECORATOR = '@OnComplaint()';

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
    const name = listeningMethod(DECORATOR, target, key, descriptor);
    if (Object.hasOwn(target, name) && listenerMetadata(target, name)) {
      throw misuse(DECORATOR, target, name, 'it is there twice. Name all actions in one.');
    }
    const wrong = actionTypes.filter((type: unknown) => typeof type !== 'string' || type === '');
    if (wrong.length > 0) {
      const problem = `${inspect(wrong[0])} is not an action_type. Give texts such as 'CREATE_COMPLAINT'.`;
      throw misuse(DECORATOR, target, name, problem);
    }
    markListener(target, name, { actionTypes });
  };
}
