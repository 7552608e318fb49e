import { describe, expect, it } from '@jest/globals';
import { of, throwError } from 'rxjs';
import {
  attachNotification,
  type ProcessNotification,
  ReceivedNotification,
} from '../../../lib/notifications/received-notification.js';
import { PARAMETERS_METADATA } from '../../../lib/notifications/route.metadata.js';
import { wrapRouteHandler } from '../../../lib/notifications/route-handler.js';
import { runTasks } from '../../support/run-tasks.js';

const PAYLOAD = {
  mchid: '1900000109',
  id: 'EV-1',
  event_type: 'COMPLAINT.CREATE',
  complaint: { complaint_id: '2002', action_type: 'CREATE_COMPLAINT' },
};
const notification = (run: ProcessNotification = runTasks): ReceivedNotification =>
  new ReceivedNotification(PAYLOAD, run);

type Method = (...args: unknown[]) => unknown;

interface Parameter {
  readonly index: number;
  readonly factory: (data: undefined, context: object) => unknown;
}

/** The wrapper of a method, and the index of its hidden parameter. */
function wrap(method: Method): {
  wrapper: Method;
  hiddenIndex: number;
  descriptor: PropertyDescriptor;
  /** What Nest passes as the hidden argument of a request with this notification. */
  hidden: (received: ReceivedNotification, response?: object) => unknown;
} {
  class Routes {}
  const descriptor: PropertyDescriptor = { value: method, writable: true, configurable: true };
  wrapRouteHandler(Routes.prototype, 'handle', descriptor);
  Object.defineProperty(Routes.prototype, 'handle', descriptor);
  const parameters = Object.values(
    Reflect.getMetadata(PARAMETERS_METADATA, Routes, 'handle') as Record<string, Parameter>,
  );
  const hiddenIndex = Math.max(...parameters.map(({ index }) => index));
  return {
    wrapper: descriptor.value as Method,
    hiddenIndex,
    descriptor,
    hidden: (received, response = {}) => {
      const request = {};
      attachNotification(request, received);
      return parameters
        .find(({ index }) => index === hiddenIndex)
        ?.factory(undefined, { getArgByIndex: (index: number) => [request, response][index] });
    },
  };
}

describe('wrapRouteHandler', () => {
  it('reserves the parameter behind those of the method', () => {
    expect(wrap(() => undefined).hiddenIndex).toBe(0);
    expect(wrap((_first: unknown, _second: unknown) => undefined).hiddenIndex).toBe(2);
  });

  it('runs the method inside of the process function, with its own arguments and this', async () => {
    const calls: unknown[] = [];
    const { wrapper, hidden } = wrap(function (this: unknown, ...args: unknown[]) {
      calls.push(this, args);
    });
    const controller = {};
    const received = notification(async (tasks) => {
      calls.push('before');
      await runTasks(tasks);
      calls.push('after');
      return 'handled';
    });
    await wrapper.call(controller, hidden(received));
    expect(calls).toEqual(['before', controller, [], 'after']);
    expect(calls[1]).toBe(controller);
  });

  it('does not run the method when the process function does not, such as for a duplicate', async () => {
    let runs = 0;
    const { wrapper, hidden } = wrap(() => {
      runs += 1;
    });
    await expect(
      wrapper(hidden(notification(() => Promise.resolve('duplicate')))),
    ).resolves.toBeUndefined();
    expect(runs).toBe(0);
  });

  it('waits for promises and Observables, and resolves without their value', async () => {
    for (const result of ['value', Promise.resolve('value'), of(1, 2), Promise.resolve(of(1))]) {
      const { wrapper, hidden } = wrap(() => result);
      await expect(wrapper(hidden(notification()))).resolves.toBeUndefined();
    }
  });

  it('sets 204 on success, and leaves the response alone otherwise', async () => {
    const response = { statusCode: 202 };
    const failing = wrap(() => Promise.reject(new Error('locked')));
    await expect(failing.wrapper(failing.hidden(notification(), response))).rejects.toThrow(
      'locked',
    );
    expect(response.statusCode).toBe(202);

    const { wrapper, hidden } = wrap(() => undefined);
    await wrapper(hidden(notification(), response));
    expect(response.statusCode).toBe(204);
  });

  it('rejects with what the method throws, whichever way', async () => {
    const error = new Error('locked');
    const methods: Method[] = [
      () => {
        throw error;
      },
      () => Promise.reject(error),
      () => throwError(() => error),
    ];
    for (const method of methods) {
      const received = notification();
      const { wrapper, hidden } = wrap(method);
      await expect(wrapper(hidden(received))).rejects.toBe(error);
      expect(received.hasFailedWith(error)).toBe(true);
    }
  });

  it('goes straight to the method without the hidden argument', () => {
    const { wrapper } = wrap((id: unknown) => `called with ${String(id)}`);
    expect(wrapper('EV-1')).toBe('called with EV-1');
  });

  it.each([[undefined], [null], [{}], [PAYLOAD]])(
    'throws when the hidden argument is %p: nobody has verified that request',
    (hidden) => {
      const { wrapper } = wrap(() => 'must not run');
      expect(() => wrapper(hidden)).toThrow('This request carries no verified notification.');
    },
  );

  it('keeps name, length, metadata and the flags of the descriptor', () => {
    function handle(_id: unknown): void {}
    Reflect.defineMetadata('own', 1, handle);
    const { wrapper, descriptor } = wrap(handle);
    expect([wrapper.name, wrapper.length, Reflect.getMetadata('own', wrapper)]).toEqual([
      'handle',
      1,
      1,
    ]);
    expect(descriptor).toMatchObject({ writable: true, configurable: true });
  });
});
