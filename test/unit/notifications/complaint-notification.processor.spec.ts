import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  NOTIFICATION_CHANNEL,
  type NotificationEvent,
  type NotificationTask,
  type SingleMerchantOptions,
} from 'nestjs-wechatpay-complaint';
import { createTestMerchant, type TestMerchant } from 'nestjs-wechatpay-complaint/testing';
import { ComplaintNotificationProcessor } from '../../../lib/notifications/complaint-notification.processor.js';
import { Deadline } from '../../../lib/utils/deadline.js';
import { ControlledStore } from '../../support/controlled-store.js';
import { type Deferred, deferred } from '../../support/deferred.js';
import type { RecordingLogger } from '../../support/recording-logger.js';
import { closeModules, startModule } from '../../support/start-module.js';
import { until } from '../../support/until.js';

const LABEL = 'Notification EV-1 (USER_RESPONSE, complaint 2002)';
/** Milliseconds. Longer than a test may take. */
const ENDLESS = 60_000;

let merchant: TestMerchant;
let store: ControlledStore;
let logger: RecordingLogger;
let processor: ComplaintNotificationProcessor;
let gate: Deferred<undefined>;
let events: NotificationEvent[] = [];

const record = (message: unknown): void => {
  events.push(message as NotificationEvent);
};

beforeAll(async () => {
  merchant = await createTestMerchant();
});
beforeEach(() => {
  events = [];
  gate = deferred();
  store = new ControlledStore();
  subscribe(NOTIFICATION_CHANNEL, record);
});
afterEach(async () => {
  unsubscribe(NOTIFICATION_CHANNEL, record);
  gate.resolve(undefined);
  await closeModules();
});

async function start(options: Partial<SingleMerchantOptions> = {}): Promise<void> {
  const started = await startModule({ ...merchant.options, store, ...options });
  logger = started.logger;
  processor = started.module.get(ComplaintNotificationProcessor);
}

function process(
  handle: () => Promise<void> = () => Promise.resolve(),
  limit = ENDLESS,
): Promise<unknown> {
  return processor.process(
    {
      mchid: merchant.mchid,
      id: 'EV-1',
      event_type: 'COMPLAINT.STATE_CHANGE',
      request_id: '0123-abc',
      complaint: { complaint_id: '2002', action_type: 'USER_RESPONSE' },
    },
    [{ handle }],
    { ...processor.startDelivery(), deadline: new Deadline(limit) },
  );
}

const waitForGate = async (): Promise<void> => {
  await gate.promise;
};

describe('ComplaintNotificationProcessor', () => {
  it('completes a notification whose handler succeeds, and resolves for its redeliveries', async () => {
    await start();
    await process();
    await process(() => Promise.reject(new Error('must not run')));
    expect(store.done).toEqual(['claim', 'complete', 'claim']);
    expect(logger.ours('log')).toEqual([
      expect.stringMatching(/^Notification EV-1 .*: handled, \d+ ms/),
      expect.stringMatching(/^Notification EV-1 .*: a duplicate, handled before, \d+ ms/),
    ]);
    expect(events).toMatchObject([
      { outcome: 'handled', id: 'EV-1', requestId: '0123-abc', late: false },
      { outcome: 'duplicate', id: 'EV-1', requestId: '0123-abc', late: false },
    ]);
  });

  it('releases a notification whose handler fails, and rejects with its error', async () => {
    await start();
    const error = new Error('locked');
    await expect(process(() => Promise.reject(error))).rejects.toBe(error);
    expect(store.done).toEqual(['claim', 'release']);
    expect(logger.problems()).toEqual([expect.stringContaining(`${LABEL} was not handled.`)]);
    expect(events).toMatchObject([{ outcome: 'failed', late: false }]);
  });

  describe('with the tasks of several listeners', () => {
    const PAYLOAD = {
      id: 'EV-1',
      event_type: 'COMPLAINT.STATE_CHANGE',
      complaint: { complaint_id: '2002', action_type: 'USER_RESPONSE' },
    };
    const succeed = (): Promise<void> => Promise.resolve();

    function processTasks(tasks: readonly NotificationTask[]): Promise<unknown> {
      const payload = { ...PAYLOAD, mchid: merchant.mchid };
      return processor.process(payload, tasks, processor.startDelivery());
    }

    it('claims and remembers each by itself', async () => {
      await start();
      const names: string[] = [];
      const task = (listener: string, handle = succeed): NotificationTask => ({
        listener,
        handle: () => {
          names.push(listener);
          return handle();
        },
      });
      const error = new Error('locked');
      const failing = processTasks([
        task('Complaints.open'),
        task('Journal.write', () => Promise.reject(error)),
        task('Alerts.ring', () => Promise.reject(new Error('later in the list'))),
      ]);
      await expect(failing).rejects.toBe(error);
      expect(names.splice(0)).toEqual(['Complaints.open', 'Journal.write', 'Alerts.ring']);
      const all = [task('Complaints.open'), task('Journal.write'), task('Alerts.ring')];
      await expect(processTasks(all)).resolves.toBe('handled');
      expect(names.splice(0)).toEqual(['Journal.write', 'Alerts.ring']);
      await expect(processTasks(all)).resolves.toBe('duplicate');
      await expect(processTasks([{ handle: succeed }])).resolves.toBe('handled');
      expect(names).toEqual([]);
    });

    it('responds only when each has ended or was deferred', async () => {
      await start();
      let isDone = false;
      const failing = processTasks([
        { listener: 'Complaints.open', handle: () => Promise.reject(new Error('locked')) },
        { listener: 'Journal.write', handle: waitForGate },
      ]).finally(() => {
        isDone = true;
      });
      await until(() => store.done.includes('release'));
      expect(isDone).toBe(false);
      gate.resolve(undefined);
      await expect(failing).rejects.toThrow('locked');
      expect(store.done.slice(-1)).toEqual(['complete']);
    });

    it('needs no store when there is none', async () => {
      await start();
      await expect(processTasks([])).resolves.toBe('ignored');
      expect(store.arrived).toEqual([]);
      expect(events).toMatchObject([{ outcome: 'ignored', id: 'EV-1', late: false }]);
    });
  });

  it('defers a notification that is being handled', async () => {
    await start();
    const first = process(waitForGate);
    await until(() => store.done.includes('claim'));
    await expect(process()).rejects.toMatchObject({
      code: 'IN_PROGRESS',
      requestId: '0123-abc',
      detail:
        `${LABEL} was deferred (IN_PROGRESS), and WeChat Pay redelivers it. Its handler is running, in this ` +
        'process or another one.',
    });
    gate.resolve(undefined);
    await first;
    expect(logger.problems()).toEqual([]);
  });

  it.each<[store: 'with a store' | 'without a store', consequence: string]>([
    ['with a store', 'once it has finished, a redelivery gets success'],
    ['without a store', 'without a store a redelivery runs it again'],
  ])('defers a notification at its deadline %s, and the handler goes on', async (how, text) => {
    await start(how === 'with a store' ? {} : { store: false });
    await expect(process(waitForGate, 20)).rejects.toMatchObject({
      code: 'HANDLER_TIMEOUT',
      detail:
        `${LABEL} was deferred (HANDLER_TIMEOUT), and WeChat Pay redelivers it. Its handler takes longer than ` +
        `20 ms (handlerTimeout). The handler goes on; ${text}. Put slow work on a queue.`,
    });
    gate.resolve(undefined);
    await until(() => events.length === 2);
    expect(events).toMatchObject([
      { outcome: 'deferred', code: 'HANDLER_TIMEOUT', late: false },
      { outcome: 'handled', late: true },
    ]);
  });

  it('does not run a handler whose deadline passes during the claim', async () => {
    await start();
    let runs = 0;
    store.waitFor.set('claim', gate.promise);
    const late = process(() => {
      runs += 1;
      return Promise.resolve();
    }, 20);
    await expect(late).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    gate.resolve(undefined);
    await until(() => store.done.includes('release'));
    expect(runs).toBe(0);
  });

  it('defers a notification when the store fails, with the error as the cause', async () => {
    await start();
    store.failing.add('claim');
    await expect(process()).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      cause: expect.objectContaining({ message: 'the store is away' }),
      message: 'The notification cannot be handled at present',
    });
    expect(logger.ours('error')).toEqual([expect.stringContaining(LABEL)]);
  });

  it('waits for running handlers within shutdownTimeout, which starts once', async () => {
    await start({ shutdownTimeout: 50 });
    await expect(process(waitForGate, 20)).rejects.toMatchObject({ code: 'HANDLER_TIMEOUT' });
    await processor.waitForHandlers();
    await processor.waitForHandlers();
    await processor.close();
    expect(logger.ours('warn').at(-1)).toContain('1 notification handlers are still running 50 ms');
  });

  it('claims nothing after it is closed, and releases a claim that comes then', async () => {
    await start();
    store.waitFor.set('claim', gate.promise);
    const late = process();
    await until(() => store.arrived.includes('claim'));
    await processor.close();
    gate.resolve(undefined);
    await expect(late).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      detail: expect.stringContaining('The app is shutting down.'),
    });
    await until(() => store.done.includes('release'));
  });
});
