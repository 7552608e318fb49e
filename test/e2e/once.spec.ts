import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BadRequestException, Controller, Post } from '@nestjs/common';
import {
  ComplaintNotification,
  ComplaintPayload,
  NOTIFICATION_CHANNEL,
  type NotificationClaim,
  type NotificationEvent,
  WechatPayComplaintModule,
  type SingleMerchantOptions,
} from 'nestjs-wechatpay-complaint';
import {
  createTestMerchant,
  signComplaintNotification,
  type TestMerchant,
} from 'nestjs-wechatpay-complaint/testing';
import { ControlledStore } from '../support/controlled-store.js';
import { type Deferred, deferred } from '../support/deferred.js';
import { type HttpResponse, httpPost } from '../support/http-post.js';
import { ADAPTERS, closeApps, type RunningApp, startApp } from '../support/start-app.js';
import { until } from '../support/until.js';

let merchant: TestMerchant;
let events: NotificationEvent[] = [];
let runs: string[] = [];
let handle: (id: string) => unknown;

const record = (message: unknown): void => {
  events.push(message as NotificationEvent);
};

beforeAll(async () => {
  merchant = await createTestMerchant();
});
beforeEach(() => {
  events = [];
  runs = [];
  handle = () => undefined;
  subscribe(NOTIFICATION_CHANNEL, record);
});
afterEach(async () => {
  unsubscribe(NOTIFICATION_CHANNEL, record);
  await closeApps();
});

@Controller()
class ComplaintsController {
  @Post('complaints')
  @ComplaintNotification()
  receive(@ComplaintPayload('id') id: string): unknown {
    runs.push(id);
    return handle(id);
  }
}

describe.each(ADAPTERS)('A notification that is delivered more than once, on %s', (adapter) => {
  function start(options: Partial<SingleMerchantOptions> = {}): Promise<RunningApp> {
    return startApp({
      adapter,
      imports: [WechatPayComplaintModule.forRoot({ ...merchant.options, ...options })],
      controllers: [ComplaintsController],
    });
  }

  function send(url: string, id: string): Promise<HttpResponse> {
    const { headers, body } = signComplaintNotification(merchant, {
      id,
      complaint: { complaint_id: '2002', action_type: 'USER_RESPONSE' },
    });
    return httpPost(`${url}/complaints`, headers, body);
  }

  async function statusOf(response: Promise<HttpResponse>): Promise<number> {
    return (await response).status;
  }

  /** Redelivers as WeChat Pay does, only faster. */
  async function sendUntil(url: string, id: string, isDone: () => boolean): Promise<void> {
    await until(async () => {
      if (isDone()) return true;
      await send(url, id);
      return isDone();
    });
  }

  const isHandled = (): boolean => events.some(({ outcome }) => outcome === 'handled');

  it('is handled once, and every response is 204', async () => {
    const { url, logger } = await start();
    await expect(statusOf(send(url, 'EV-1'))).resolves.toBe(204);
    await expect(Promise.all([send(url, 'EV-1'), send(url, 'EV-1')])).resolves.toMatchObject([
      { status: 204, text: '' },
      { status: 204, text: '' },
    ]);
    expect(runs).toEqual(['EV-1']);
    expect(events.map(({ outcome, id, late }) => [outcome, id, late])).toEqual([
      ['handled', 'EV-1', false],
      ['duplicate', 'EV-1', false],
      ['duplicate', 'EV-1', false],
    ]);
    const label = 'Notification EV-1 \\(USER_RESPONSE, complaint 2002\\)';
    expect(logger.ours('log')).toEqual([
      expect.stringMatching(`^${label}: handled, \\d+ ms`),
      expect.stringMatching(`^${label}: a duplicate, handled before, \\d+ ms`),
      expect.stringMatching(`^${label}: a duplicate, handled before, \\d+ ms`),
    ]);
    expect(logger.problems()).toEqual([]);
  });

  it('is handled once when deliveries overlap: the second gets 409 until the first is done', async () => {
    const gate: Deferred<undefined> = deferred();
    handle = () => gate.promise;
    const { url, logger } = await start();
    const first = send(url, 'EV-2');
    await until(() => runs.length === 1);
    const second = await send(url, 'EV-2');
    expect(second.status).toBe(409);
    expect(JSON.parse(second.text)).toEqual({ code: 'FAIL', message: expect.any(String) });
    gate.resolve(undefined);
    await expect(statusOf(first)).resolves.toBe(204);
    await expect(statusOf(send(url, 'EV-2'))).resolves.toBe(204);
    expect(runs).toEqual(['EV-2']);
    expect(logger.problems()).toEqual([]);
  });

  it.each([
    ['an error', () => new Error('locked'), 500],
    ['an HttpException', () => new BadRequestException(), 400],
  ])('is handled again after the handler has thrown %s', async (_what, error, status) => {
    handle = () => {
      if (runs.length === 1) throw error();
    };
    const { url } = await start();
    await expect(statusOf(send(url, 'EV-3'))).resolves.toBe(status);
    await expect(statusOf(send(url, 'EV-3'))).resolves.toBe(204);
    expect(runs).toEqual(['EV-3', 'EV-3']);
    expect(events.map(({ outcome }) => outcome)).toEqual(['failed', 'handled']);
  });

  it('is another notification when it has another id', async () => {
    const { url } = await start();
    await send(url, 'EV-4');
    await send(url, 'EV-5');
    expect(runs).toEqual(['EV-4', 'EV-5']);
  });

  it('gets 503 while its handler is slow, under a lease that is renewed, and 204 afterwards', async () => {
    const gate: Deferred<undefined> = deferred();
    handle = () => gate.promise;
    const store = new ControlledStore();
    const { url, logger } = await start({ store, handlerTimeout: 50, lease: 150 });
    const first = await send(url, 'EV-6');
    expect(first.status).toBe(503);
    expect(JSON.parse(first.text)).toEqual({ code: 'FAIL', message: expect.any(String) });
    expect(logger.ours('warn')).toEqual([
      expect.stringContaining(
        'Notification EV-6 (USER_RESPONSE, complaint 2002) was deferred (HANDLER_TIMEOUT), and WeChat Pay ' +
          'redelivers it. Its handler takes longer than 50 ms (handlerTimeout).',
      ),
    ]);
    // Without renewals the lease would have lapsed twice by then.
    await until(() => store.done.filter((call) => call === 'renew').length >= 6);
    await expect(statusOf(send(url, 'EV-6'))).resolves.toBe(409);
    gate.resolve(undefined);
    await until(isHandled);
    await sendUntil(url, 'EV-6', () => events.some(({ outcome }) => outcome === 'duplicate'));
    expect(runs).toEqual(['EV-6']);
    expect(events.slice(0, 3).map(({ outcome, code, late }) => [outcome, code, late])).toEqual([
      ['deferred', 'HANDLER_TIMEOUT', false],
      ['deferred', 'IN_PROGRESS', false],
      ['handled', undefined, true],
    ]);
  });

  it('is handled again after a slow handler has failed, whose error is in the log', async () => {
    const gate: Deferred<undefined> = deferred();
    handle = async () => {
      if (runs.length > 1) return;
      await gate.promise;
      throw new TypeError('late and wrong');
    };
    const { url, logger } = await start({ handlerTimeout: 50 });
    await expect(statusOf(send(url, 'EV-7'))).resolves.toBe(503);
    gate.resolve(undefined);
    await until(() => logger.ours('error').length > 0);
    expect(logger.ours('error')).toEqual([
      expect.stringMatching(/Notification EV-7 .* was not handled\..*TypeError: late and wrong/s),
    ]);
    await sendUntil(url, 'EV-7', isHandled);
    expect(runs).toHaveLength(2);
    expect(events.slice(0, 2)).toMatchObject([
      { outcome: 'deferred', code: 'HANDLER_TIMEOUT', late: false },
      { outcome: 'failed', late: true },
    ]);
  });

  it('is not renewed beyond handlerLimit, so that a redelivery runs a handler that never ends again', async () => {
    handle = () => (runs.length === 1 ? new Promise(() => undefined) : undefined);
    const store = new ControlledStore();
    const { url, logger } = await start({
      store,
      handlerTimeout: 20,
      lease: 90,
      handlerLimit: 200,
      shutdownTimeout: 20,
    });
    await expect(statusOf(send(url, 'EV-8'))).resolves.toBe(503);
    await until(() => logger.ours('error').length > 0);
    const renewals = store.arrived.filter((call) => call === 'renew').length;
    await sendUntil(url, 'EV-8', isHandled);
    expect(runs).toEqual(['EV-8', 'EV-8']);
    expect(store.arrived.filter((call) => call === 'renew')).toHaveLength(renewals);
    expect(logger.ours('error')).toEqual([
      expect.stringContaining(
        'The handler of notification EV-8 has been running for 200 ms (handlerLimit). Its lease is no longer renewed',
      ),
    ]);
  });

  it('reaches the handler every time with store: false', async () => {
    handle = () => {
      if (runs.length === 2) throw new Error('once');
    };
    const { url } = await start({ store: false });
    await expect(statusOf(send(url, 'EV-9'))).resolves.toBe(204);
    await expect(statusOf(send(url, 'EV-9'))).resolves.toBe(500);
    await expect(statusOf(send(url, 'EV-9'))).resolves.toBe(204);
    expect(runs).toHaveLength(3);
  });

  describe('while its store', () => {
    it('is away, gets 503 and is not handled', async () => {
      const store = new ControlledStore();
      store.failing.add('claim');
      const { url, logger } = await start({ store });
      const response = await send(url, 'EV-10');
      expect(response.status).toBe(503);
      expect(response.text).not.toContain('away');
      expect(runs).toEqual([]);
      expect(logger.ours('error')).toEqual([
        expect.stringContaining(
          'Notification EV-10 (USER_RESPONSE, complaint 2002) was deferred (STORE_UNAVAILABLE), and WeChat Pay ' +
            'redelivers it. The store failed: the store is away',
        ),
      ]);
      store.failing.clear();
      await expect(statusOf(send(url, 'EV-10'))).resolves.toBe(204);
    });

    it('hangs, gets 503 in time, and a claim that comes too late is released', async () => {
      const gate: Deferred<undefined> = deferred();
      const store = new ControlledStore();
      store.waitFor.set('claim', gate.promise);
      const { url, logger } = await start({ store, handlerTimeout: 50 });
      await expect(statusOf(send(url, 'EV-11'))).resolves.toBe(503);
      expect(logger.ours('error')).toEqual([
        expect.stringMatching(
          /Notification EV-11 .*\(STORE_UNAVAILABLE\).*The store did not respond within \d+ ms\./,
        ),
      ]);
      gate.resolve(undefined);
      await sendUntil(url, 'EV-11', isHandled);
      expect(runs).toEqual(['EV-11']);
      expect(store.done).toContain('release');
      expect(events[0]).toMatchObject({ outcome: 'deferred', code: 'STORE_UNAVAILABLE' });
    });

    it('hangs and then resolves nothing, gets 503, and the app survives', async () => {
      const store = new ControlledStore();
      const late: Deferred<unknown> = deferred();
      store.claim = () => late.promise as Promise<NotificationClaim>;
      const { url } = await start({ store, handlerTimeout: 30 });
      await expect(statusOf(send(url, 'EV-12'))).resolves.toBe(503);
      late.resolve(undefined);
      store.claim = () => Promise.resolve({ state: 'done' });
      await expect(statusOf(send(url, 'EV-12'))).resolves.toBe(204);
      expect(runs).toEqual([]);
    });

    it.each([
      [{ state: 'claimed' }],
      [{ state: 'claimed', token: undefined }],
      [{ state: 'claimed', token: 7 }],
      [{ state: 'in_progress' }],
      [{}],
      [null],
      [undefined],
    ])('resolves a claim with %p, gets 503 and is not handled', async (claim) => {
      const store = new ControlledStore();
      store.claim = () => Promise.resolve(claim as NotificationClaim);
      const { url, logger } = await start({ store });
      await expect(statusOf(send(url, 'EV-13'))).resolves.toBe(503);
      expect(runs).toEqual([]);
      expect(logger.ours('error')).toEqual([
        expect.stringMatching(
          /Notification EV-13 .*\(STORE_UNAVAILABLE\).*The store failed: it resolved a claim/,
        ),
      ]);
    });

    it('gives an empty text as the token, is handled under it', async () => {
      const tokens: string[] = [];
      const store = new ControlledStore();
      store.claim = () => Promise.resolve({ state: 'claimed', token: '' });
      store.complete = (_key, token) => {
        tokens.push(token);
        return Promise.resolve(true);
      };
      const { url } = await start({ store });
      await expect(statusOf(send(url, 'EV-14'))).resolves.toBe(204);
      expect(runs).toEqual(['EV-14']);
      expect(tokens).toEqual(['']);
    });

    it('throws instead of rejecting, keeps its own response and log line', async () => {
      const gate: Deferred<undefined> = deferred();
      handle = async () => {
        await gate.promise;
        throw new Error('locked');
      };
      const store = new ControlledStore();
      store.renew = store.release = () => {
        throw new Error('not even a promise');
      };
      const { url, logger } = await start({ store, lease: 60 });
      const response = send(url, 'EV-15');
      await until(() =>
        logger
          .ours('warn')
          .some((line) =>
            line.includes(
              'The lease of notification EV-15 could not be renewed: not even a promise',
            ),
          ),
      );
      gate.resolve(undefined);
      await expect(statusOf(response)).resolves.toBe(500);
      expect(logger.ours('error')).toEqual([expect.stringContaining('locked')]);
    });

    it('is lost after the claim, gets 204, and the store is told as soon as it is back', async () => {
      const store = new ControlledStore();
      store.failing.add('complete').add('renew');
      const { url, logger } = await start({ store, lease: 5000 });
      await expect(statusOf(send(url, 'EV-16'))).resolves.toBe(204);
      expect(logger.ours('warn')).toEqual([
        expect.stringContaining(
          'Notification EV-16 (USER_RESPONSE, complaint 2002) was handled, but the store has not recorded it. This ' +
            'process remembers the notification and records it as soon as the store is back: the store is away',
        ),
      ]);
      // The lease may lapse before the store is back, so the process has to remember it by itself.
      await expect(statusOf(send(url, 'EV-16'))).resolves.toBe(204);
      expect(store.arrived.filter((call) => call === 'claim')).toHaveLength(1);
      store.failing.clear();
      await until(() => store.done.includes('complete'));
      await expect(statusOf(send(url, 'EV-16'))).resolves.toBe(204);
      expect(runs).toEqual(['EV-16']);
    });

    it('cannot release it after a failure, is handled again once the lease has lapsed', async () => {
      const store = new ControlledStore();
      store.failing.add('release');
      handle = () => {
        if (runs.length === 1) throw new Error('locked');
      };
      const { url, logger } = await start({ store, lease: 200 });
      await expect(statusOf(send(url, 'EV-17'))).resolves.toBe(500);
      expect(logger.ours('warn')).toEqual([
        expect.stringContaining(
          'The lease of notification EV-17 could not be released, so a redelivery is handled only after the ' +
            'lease has lapsed: the store is away',
        ),
      ]);
      await sendUntil(url, 'EV-17', isHandled);
      expect(runs).toHaveLength(2);
    });

    it('has let another process take it over, logs that it may have been handled twice', async () => {
      const gate: Deferred<undefined> = deferred();
      handle = () => gate.promise;
      const store = new ControlledStore();
      store.failing.add('renew');
      const { url, logger } = await start({ store, lease: 60, handlerTimeout: 20 });
      const isWarned = (text: string): boolean =>
        logger.ours('warn').some((line) => line.includes(text));
      await expect(statusOf(send(url, 'EV-18'))).resolves.toBe(503);
      await until(() => isWarned('The lease of notification EV-18 could not be renewed'));
      await sendUntil(url, 'EV-18', () => runs.length > 1);
      gate.resolve(undefined);
      await until(() =>
        isWarned(
          'Notification EV-18 was handled, but its lease had lapsed and another process had taken it over, so it ' +
            'may have been handled twice.',
        ),
      );
    });

    it('carries a renewal out slowly, sends the release only after it', async () => {
      const renewal: Deferred<undefined> = deferred();
      const failure: Deferred<undefined> = deferred();
      const store = new ControlledStore();
      store.waitFor.set('renew', renewal.promise);
      handle = async () => {
        if (runs.length > 1) return;
        await failure.promise;
        throw new Error('locked');
      };
      const { url } = await start({ store, lease: 3000 });
      const response = send(url, 'EV-19');
      await until(() => store.arrived.includes('renew'));
      failure.resolve(undefined);
      await until(() => events.some(({ outcome }) => outcome === 'failed'));
      // Time enough for a release that does not wait. The renewal would then take the lease again, and a
      // redelivery would get 409 until it lapses.
      await delay(50);
      renewal.resolve(undefined);
      await expect(statusOf(response)).resolves.toBe(500);
      expect(store.done).toEqual(['claim', 'renew', 'release']);
      await expect(statusOf(send(url, 'EV-19'))).resolves.toBe(204);
      expect(runs).toHaveLength(2);
    });
  });
});
