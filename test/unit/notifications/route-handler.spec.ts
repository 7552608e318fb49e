import { describe, expect, it } from '@jest/globals';
import { of, throwError } from 'rxjs';
import { ReceivedNotification } from '../../../lib/notifications/received-notification.js';
import { PARAMETERS_METADATA } from '../../../lib/notifications/route.metadata.js';
import { wrapRouteHandler } from '../../../lib/notifications/route-handler.js';

const PAYLOAD = {
  mchid: '1900000109',
  id: 'EV-1',
  event_type: 'COMPLAINT.CREATE',
  complaint: { complaint_id: '2002', action_type: 'CREATE_COMPLAINT' },
};
const notification = (run = (handle: () => Promise<void>) => handle()): ReceivedNotification =>
  new ReceivedNotification(PAYLOAD, run);

type Method = (...args: unknown[]) => unknown;

/** The wrapper of a method, and the index of its hidden parameter. */
function wrap(method: Method): {
  wrapper: Method;
  hiddenIndex: number;
  descriptor: PropertyDescriptor;
} {
  class Routes {}
  const descriptor: PropertyDescriptor = { value: method, writable: true, configurable: true };
  wrapRouteHandler(Routes.prototype, 'handle', descriptor);
  Object.defineProperty(Routes.prototype, 'handle', descriptor);
  const parameters = Reflect.getMetadata(PARAMETERS_METADATA, Routes, 'handle') as Record<
    string,
    { index: number }
  >;
  const hiddenIndex = Math.max(...Object.values(parameters).map(({ index }) => index));
  return { wrapper: descriptor.value as Method, hiddenIndex, descriptor };
}

describe('wrapRouteHandler', () => {
  it('reserves the parameter behind those of the method', () => {
    expect(wrap(() => undefined).hiddenIndex).toBe(0);
    expect(wrap((_first: unknown, _second: unknown) => undefined).hiddenIndex).toBe(2);
  });

  it('runs the method inside of the process function, with its own arguments and this', async () => {
    const calls: unknown[] = [];
    const { wrapper } = wrap(function (this: unknown, ...args: unknown[]) {
      calls.push(this, args);
    });
    const controller = {};
    await wrapper.call(
      controller,
      notification(async (handle) => {
        calls.push('before');
        await handle();
        calls.push('after');
      }),
    );
    expect(calls).toEqual(['before', controller, [], 'after']);
    expect(calls[1]).toBe(controller);
  });

  it('does not run the method when the process function does not, such as for a duplicate', async () => {
    let runs = 0;
    const { wrapper } = wrap(() => {
      runs += 1;
    });
    await expect(wrapper(notification(() => Promise.resolve()))).resolves.toBeUndefined();
    expect(runs).toBe(0);
  });

  it('waits for promises and Observables, and resolves without their value', async () => {
    for (const result of ['value', Promise.resolve('value'), of(1, 2), Promise.resolve(of(1))]) {
      await expect(wrap(() => result).wrapper(notification())).resolves.toBeUndefined();
    }
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
      await expect(wrap(method).wrapper(received)).rejects.toBe(error);
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
