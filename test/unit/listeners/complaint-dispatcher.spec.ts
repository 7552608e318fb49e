import { inspect } from 'node:util';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Injectable } from '@nestjs/common';
import {
  ComplaintDispatcher,
  type ComplaintNotificationPayload,
  ComplaintNotificationVerifier,
  OnComplaint,
  type SingleMerchantOptions,
} from 'nestjs-wechatpay-complaint';
import {
  createTestMerchant,
  signComplaintNotification,
  type TestMerchant,
} from 'nestjs-wechatpay-complaint/testing';
import { ReceivedNotification } from '../../../lib/notifications/received-notification.js';
import { ControlledStore } from '../../support/controlled-store.js';
import { type Deferred, deferred } from '../../support/deferred.js';
import type { RecordingLogger } from '../../support/recording-logger.js';
import { closeModules, startModule } from '../../support/start-module.js';
import { until } from '../../support/until.js';

const LABEL = 'Notification EV-1 (CREATE_COMPLAINT, complaint 2002) for Complaints.open';
/** Milliseconds. Longer than a test may take. */
const ENDLESS = 60_000;

let merchant: TestMerchant;
let store: ControlledStore;
let logger: RecordingLogger;
let dispatcher: ComplaintDispatcher;
let verifier: ComplaintNotificationVerifier;
let gate: Deferred<undefined>;
let received: ComplaintNotificationPayload[] = [];
let handle: () => unknown;

@Injectable()
class Complaints {
  @OnComplaint('CREATE_COMPLAINT')
  open(notification: ComplaintNotificationPayload): unknown {
    received.push(notification);
    return handle();
  }
}

beforeAll(async () => {
  merchant = await createTestMerchant();
});
beforeEach(() => {
  store = new ControlledStore();
  gate = deferred();
  received = [];
  handle = () => undefined;
});
afterEach(async () => {
  gate.resolve(undefined);
  await closeModules();
});

async function start(options: Partial<SingleMerchantOptions> = {}): Promise<void> {
  const started = await startModule(
    { ...merchant.options, store, ...options },
    { providers: [Complaints] },
  );
  logger = started.logger;
  dispatcher = started.module.get(ComplaintDispatcher);
  verifier = started.module.get(ComplaintNotificationVerifier);
}

function payload(action_type = 'CREATE_COMPLAINT'): ComplaintNotificationPayload {
  return {
    mchid: merchant.mchid,
    id: 'EV-1',
    event_type: 'COMPLAINT.CREATE',
    complaint: { complaint_id: '2002', action_type, phone: '13800138000' },
  };
}

describe('ComplaintDispatcher', () => {
  it('resolves with what has become of a notification', async () => {
    await start();
    await expect(dispatcher.dispatch(payload())).resolves.toBe('handled');
    await expect(dispatcher.dispatch(payload())).resolves.toBe('duplicate');
    await expect(dispatcher.dispatch(payload('USER_RESPONSE'))).resolves.toBe('ignored');
    expect(store.done).toEqual(['claim', 'complete', 'claim']);
    expect(received).toEqual([payload()]);
    expect(logger.problems()).toEqual([]);
  });

  it('rejects with the error of a listener, and can be called again', async () => {
    await start();
    const error = new Error('locked');
    handle = () => {
      throw error;
    };
    await expect(dispatcher.dispatch(payload())).rejects.toBe(error);
    expect(logger.problems()).toEqual([
      expect.stringContaining(
        `${LABEL} was not handled. ComplaintDispatcher can be given it again.`,
      ),
    ]);
    handle = () => undefined;
    await expect(dispatcher.dispatch(payload())).resolves.toBe('handled');
  });

  it('takes what the verifier gives, and what has been through JSON, without printing more of it', async () => {
    await start();
    const { headers, body } = signComplaintNotification(merchant, {
      id: 'EV-1',
      complaint: payload().complaint,
    });
    const verified = await verifier.verify({ headers, body: Buffer.from(body) });
    await dispatcher.dispatch(verified);
    const parsed = JSON.parse(JSON.stringify({ ...verified, id: 'EV-2' })) as typeof verified;
    await dispatcher.dispatch(parsed);
    expect(received.map(({ complaint }) => complaint.phone)).toEqual([
      '13800138000',
      '13800138000',
    ]);
    for (const notification of received) {
      expect(inspect(notification)).not.toContain('13800138000');
    }
    // The caller's own object is as it was.
    expect(inspect(parsed)).toContain('13800138000');
  });

  it.each<[what: string, wrong: unknown]>([
    ['nothing', undefined],
    ['the body of a request', { id: 'EV-1', resource: {} }],
  ])('refuses %s', async (_what, wrong) => {
    await start();
    await expect(dispatcher.dispatch(wrong as ComplaintNotificationPayload)).rejects.toThrow(
      TypeError,
    );
    await expect(dispatcher.dispatch(payload(), { handlerTimeout: 0 })).rejects.toThrow(TypeError);
    expect(store.arrived).toEqual([]);
  });

  it('waits as long as the option handlerTimeout, or as its own argument says', async () => {
    await start({ handlerTimeout: 20 });
    handle = () => gate.promise;
    await expect(dispatcher.dispatch(payload())).rejects.toMatchObject({
      code: 'HANDLER_TIMEOUT',
      detail:
        `${LABEL} was deferred (HANDLER_TIMEOUT), and ComplaintDispatcher can be given it again. Its handler takes ` +
        'longer than 20 ms (handlerTimeout). The handler goes on; once it has finished, a redelivery gets ' +
        'success. Give dispatch() a longer handlerTimeout.',
    });
    await expect(dispatcher.dispatch(payload())).rejects.toMatchObject({ code: 'IN_PROGRESS' });
    const other = { ...payload(), id: 'EV-2' };
    const patient = dispatcher.dispatch(other, { handlerTimeout: ENDLESS });
    await until(() => received.length === 2);
    gate.resolve(undefined);
    await expect(patient).resolves.toBe('handled');
  });

  it('rejects while the store is away', async () => {
    await start();
    store.failing.add('claim');
    await expect(dispatcher.dispatch(payload())).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
    });
    expect(received).toEqual([]);
  });

  it('delivers a notification that was received, by the process function of that', async () => {
    await start();
    const names: unknown[] = [];
    const notification = new ReceivedNotification(payload(), async (tasks) => {
      names.push(...tasks.map(({ listener }) => listener));
      for (const task of tasks) await task.handle();
      return 'handled';
    });
    await expect(dispatcher.deliver(notification)).resolves.toBe('handled');
    expect(names).toEqual(['Complaints.open']);
    expect(store.arrived).toEqual([]);
  });
});
