import { AsyncLocalStorage } from 'node:async_hooks';
import { tracingChannel } from 'node:diagnostics_channel';
import { afterEach, describe, expect, it } from '@jest/globals';
import { NOTIFICATION_CHANNEL, type NotificationTrace } from 'nestjs-wechatpay-complaint';
import { traceNotification, tracesNotifications } from '../../../lib/diagnostics/tracing.js';

const channels = tracingChannel<unknown, NotificationTrace>(NOTIFICATION_CHANNEL);
let events: [event: string, error: unknown][] = [];
const record =
  (event: string) =>
  ({ error }: NotificationTrace): void => {
    events.push([event, error]);
  };
const subscribers = {
  start: record('start'),
  end: record('end'),
  asyncStart: record('asyncStart'),
  asyncEnd: record('asyncEnd'),
  error: record('error'),
};

afterEach(() => {
  channels.unsubscribe(subscribers);
  events = [];
});

function traceOf(run: () => Promise<void>): NotificationTrace {
  return {
    mchid: '1900000109',
    id: 'EV-1',
    eventType: 'COMPLAINT.CREATE',
    actionType: 'CREATE_COMPLAINT',
    complaintId: '2002',
    run,
  };
}

describe('tracesNotifications', () => {
  it('is true while anybody subscribes to one of the channels', () => {
    expect(tracesNotifications()).toBe(false);
    channels.subscribe(subscribers);
    expect(tracesNotifications()).toBe(true);
    channels.unsubscribe(subscribers);
    expect(tracesNotifications()).toBe(false);
  });
});

describe('traceNotification', () => {
  it('publishes the start and the end of a handler', async () => {
    channels.subscribe(subscribers);

    await traceNotification(
      traceOf(() => {
        events.push(['handler', undefined]);
        return Promise.resolve();
      }),
    );

    expect(events.map(([event]) => event)).toEqual([
      'start',
      'handler',
      'end',
      'asyncStart',
      'asyncEnd',
    ]);
  });

  it.each([
    ['rejects', (error: Error) => Promise.reject(error)],
    [
      'throws',
      (error: Error) => {
        throw error;
      },
    ],
  ])('publishes the error of a handler that %s, and fails with it', async (_what, fail) => {
    channels.subscribe(subscribers);
    const error = new Error('locked');

    await expect(traceNotification(traceOf(() => fail(error)))).rejects.toBe(error);

    expect(events).toEqual([
      ['start', undefined],
      ['end', undefined],
      ['error', error],
      ['asyncStart', error],
      ['asyncEnd', error],
    ]);
  });

  it('lets a subscriber of start wrap the handler', async () => {
    const calls: string[] = [];
    const wrap = (trace: NotificationTrace): void => {
      const { run } = trace;
      trace.run = async () => {
        calls.push('before');
        await run();
        calls.push('after');
      };
    };
    channels.subscribe({ ...subscribers, start: wrap });

    await traceNotification(
      traceOf(() => {
        calls.push('handler');
        return Promise.resolve();
      }),
    );
    channels.unsubscribe({ ...subscribers, start: wrap });

    expect(calls).toEqual(['before', 'handler', 'after']);
  });

  it('runs the handler in the stores that are bound to start', async () => {
    const storage = new AsyncLocalStorage<string>();
    const { start } = tracingChannel<string, NotificationTrace>(NOTIFICATION_CHANNEL);
    start.bindStore(storage, ({ id }) => id);
    let seen: string | undefined;

    await traceNotification(
      traceOf(async () => {
        await Promise.resolve();
        seen = storage.getStore();
      }),
    );
    start.unbindStore(storage);

    expect(seen).toBe('EV-1');
  });
});
