import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BadRequestException, Controller, Post } from '@nestjs/common';
import {
  ComplaintNotification,
  ComplaintPayload,
  MemoryNotificationStore,
  NOTIFICATION_CHANNEL,
  type NotificationClaim,
  type NotificationEvent,
  type NotificationStore,
  WechatPayComplaintModule,
  type WechatPayComplaintModuleOptions,
} from 'nestjs-wechatpay-complaint';
import {
  createTestMerchant,
  signComplaintNotification,
  type TestMerchant,
} from 'nestjs-wechatpay-complaint/testing';
import { type Deferred, deferred } from '../support/deferred.js';
import { type HttpAnswer, httpPost } from '../support/http-post.js';
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

/** A store whose calls can be made to fail, around a real one. */
class FragileStore implements NotificationStore {
  readonly failing = new Set<keyof NotificationStore>();
  closed = 0;
  hang?: Deferred<undefined>;
  completed = 0;
  private readonly inner = new MemoryNotificationStore();

  async claim(...args: Parameters<NotificationStore['claim']>): Promise<NotificationClaim> {
    this.failIf('claim');
    await this.hang?.promise;
    return this.inner.claim(...args);
  }

  async renew(...args: Parameters<NotificationStore['renew']>): Promise<boolean> {
    this.failIf('renew');
    return this.inner.renew(...args);
  }

  async complete(...args: Parameters<NotificationStore['complete']>): Promise<boolean> {
    this.failIf('complete');
    this.completed += 1;
    return this.inner.complete(...args);
  }

  async release(...args: Parameters<NotificationStore['release']>): Promise<boolean> {
    this.failIf('release');
    return this.inner.release(...args);
  }

  close(): Promise<void> {
    this.closed += 1;
    return Promise.resolve();
  }

  private failIf(method: keyof NotificationStore): void {
    if (this.failing.has(method)) throw new Error('redis://:secret@db is away');
  }
}

describe.each(ADAPTERS)('A notification that comes more than once, on %s', (adapter) => {
  function start(options: Partial<WechatPayComplaintModuleOptions> = {}): Promise<RunningApp> {
    return startApp({
      adapter,
      imports: [WechatPayComplaintModule.forRoot({ ...merchant.options, ...options })],
      controllers: [ComplaintsController],
    });
  }

  function send(url: string, id: string): Promise<HttpAnswer> {
    const { headers, body } = signComplaintNotification(merchant, { id });
    return httpPost(`${url}/complaints`, headers, body);
  }

  /** Repeats as WeChat Pay does, only faster. */
  async function sendUntil(url: string, id: string, isDone: () => boolean): Promise<void> {
    for (let tries = 0; !isDone(); tries += 1) {
      if (tries > 300) throw new Error(`${id} was sent in vain.`);
      await send(url, id);
      await delay(10);
    }
  }

  const statuses = async (answers: Promise<HttpAnswer>[]): Promise<number[]> =>
    (await Promise.all(answers)).map(({ status }) => status);

  it('is handled once and answered with 204 every time', async () => {
    const { url } = await start();
    await expect(statuses([send(url, 'EV-1')])).resolves.toEqual([204]);
    await expect(statuses([send(url, 'EV-1'), send(url, 'EV-1')])).resolves.toEqual([204, 204]);
    expect(runs).toEqual(['EV-1']);
    expect(events.map(({ outcome, id, late }) => [outcome, id, late])).toEqual([
      ['handled', 'EV-1', false],
      ['duplicate', 'EV-1', false],
      ['duplicate', 'EV-1', false],
    ]);
  });

  it('at the same moment, is handled once; the others are told to come again', async () => {
    const gate: Deferred<undefined> = deferred();
    handle = () => gate.promise;
    const { url, logger } = await start();
    const first = send(url, 'EV-2');
    await until(() => runs.length === 1);
    const second = await send(url, 'EV-2');
    expect(second.status).toBe(409);
    expect(JSON.parse(second.text)).toEqual({ code: 'FAIL', message: expect.any(String) });
    gate.resolve(undefined);
    await expect(statuses([first])).resolves.toEqual([204]);
    await expect(statuses([send(url, 'EV-2')])).resolves.toEqual([204]);
    expect(runs).toEqual(['EV-2']);
    expect(logger.ours('warn')).toEqual([]);
    expect(logger.ours('error')).toEqual([]);
  });

  it.each([
    ['throws an error', () => new Error('locked'), 500],
    ['throws an HttpException', () => new BadRequestException(), 400],
  ])('is handled again when the handler %s', async (_what, error, status) => {
    handle = () => {
      if (runs.length === 1) throw error();
    };
    const { url } = await start();
    await expect(statuses([send(url, 'EV-3')])).resolves.toEqual([status]);
    await expect(statuses([send(url, 'EV-3')])).resolves.toEqual([204]);
    expect(runs).toEqual(['EV-3', 'EV-3']);
    expect(events.map(({ outcome }) => outcome)).toEqual(['failed', 'handled']);
  });

  it('with another id is another notification', async () => {
    const { url } = await start();
    await send(url, 'EV-4');
    await send(url, 'EV-5');
    expect(runs).toEqual(['EV-4', 'EV-5']);
  });

  it('takes too long: 503 before WeChat Pay gives up, 204 once it is done', async () => {
    const gate: Deferred<undefined> = deferred();
    handle = () => gate.promise;
    // The lease is far shorter than the handler takes: it has to be prolonged.
    const { url, logger } = await start({ handlerTimeout: 50, lease: 150 });
    const first = await send(url, 'EV-6');
    expect(first.status).toBe(503);
    expect(JSON.parse(first.text)).toEqual({ code: 'FAIL', message: expect.any(String) });
    expect(logger.ours('warn')).toEqual([expect.stringContaining('(HANDLER_TIMEOUT)')]);
    const from = Date.now();
    await until(() => Date.now() - from > 400);
    await expect(statuses([send(url, 'EV-6')])).resolves.toEqual([409]);
    gate.resolve(undefined);
    await until(() => events.some(({ outcome }) => outcome === 'handled'));
    await expect(statuses([send(url, 'EV-6')])).resolves.toEqual([204]);
    expect(runs).toEqual(['EV-6']);
    expect(events.map(({ outcome, code, late }) => [outcome, code, late])).toEqual([
      ['deferred', 'HANDLER_TIMEOUT', false],
      ['deferred', 'IN_PROGRESS', false],
      ['handled', undefined, true],
      ['duplicate', undefined, false],
    ]);
  });

  it('fails after it took too long: the error is logged, the next repetition handles it', async () => {
    const gate: Deferred<undefined> = deferred();
    handle = async () => {
      if (runs.length > 1) return;
      await gate.promise;
      throw new TypeError('late and wrong');
    };
    const { url, logger } = await start({ handlerTimeout: 50 });
    await expect(statuses([send(url, 'EV-7')])).resolves.toEqual([503]);
    gate.resolve(undefined);
    await until(() => logger.ours('error').length > 0);
    expect(logger.ours('error')).toEqual([expect.stringContaining('late and wrong')]);
    await expect(statuses([send(url, 'EV-7')])).resolves.toEqual([204]);
    expect(runs).toHaveLength(2);
  });

  it('while the store is away is refused with 503 and not handled', async () => {
    const store = new FragileStore();
    store.failing.add('claim');
    const { url, logger } = await start({ store });
    const answer = await send(url, 'EV-8');
    expect(answer.status).toBe(503);
    expect(answer.text).not.toContain('away');
    expect(runs).toEqual([]);
    expect(logger.ours('error')).toEqual([expect.stringContaining('(STORE_UNAVAILABLE)')]);
    store.failing.clear();
    await expect(statuses([send(url, 'EV-8')])).resolves.toEqual([204]);
  });

  it('while the store hangs is refused in time, and a late claim is given back', async () => {
    const store = new FragileStore();
    store.hang = deferred();
    const { url } = await start({ store, handlerTimeout: 50 });
    await expect(statuses([send(url, 'EV-20')])).resolves.toEqual([503]);
    store.hang.resolve(undefined);
    store.hang = undefined;
    await sendUntil(url, 'EV-20', () => events.some(({ outcome }) => outcome === 'handled'));
    expect(runs).toEqual(['EV-20']);
    expect(events[0]).toMatchObject({ outcome: 'deferred', code: 'STORE_UNAVAILABLE' });
  });

  it('survives a store that answers nothing, and too late', async () => {
    const store = new FragileStore();
    const late: Deferred<NotificationClaim> = deferred();
    store.claim = () => late.promise;
    const { url } = await start({ store, handlerTimeout: 30 });
    await expect(statuses([send(url, 'EV-23')])).resolves.toEqual([503]);
    late.resolve(undefined as unknown as NotificationClaim);
    store.claim = () => Promise.resolve({ state: 'done' });
    await expect(statuses([send(url, 'EV-23')])).resolves.toEqual([204]);
    expect(runs).toEqual([]);
  });

  it.each([{ state: 'in_progress' }, {}, undefined])(
    'is refused when a store answers a claim with %p',
    async (answer) => {
      const store = new FragileStore();
      store.claim = () => Promise.resolve(answer as NotificationClaim);
      const { url, logger } = await start({ store });
      await expect(statuses([send(url, 'EV-21')])).resolves.toEqual([503]);
      expect(runs).toEqual([]);
      expect(logger.ours('error')).toEqual([expect.stringContaining('(STORE_UNAVAILABLE)')]);
    },
  );

  it('survives a store that throws where it should reject', async () => {
    const gate: Deferred<undefined> = deferred();
    handle = async () => {
      await gate.promise;
      throw new Error('locked');
    };
    const store = new FragileStore();
    store.renew = store.release = () => {
      throw new Error('not even a promise');
    };
    const { url, logger } = await start({ store, lease: 60 });
    const answer = send(url, 'EV-22');
    await until(() => logger.ours('warn').some((line) => line.includes('could not be prolonged')));
    gate.resolve(undefined);
    await expect(statuses([answer])).resolves.toEqual([500]);
    expect(logger.ours('error')).toEqual([expect.stringContaining('locked')]);
  });

  it('is answered with success and remembered later when the store goes away meanwhile', async () => {
    const store = new FragileStore();
    store.failing.add('complete').add('renew');
    const { url, logger } = await start({ store, lease: 5000 });
    await expect(statuses([send(url, 'EV-9')])).resolves.toEqual([204]);
    expect(logger.ours('warn')).toEqual([expect.stringContaining('not remembered yet')]);
    // Its lease may lapse before the store is back: this process has to remember by itself.
    await expect(statuses([send(url, 'EV-9')])).resolves.toEqual([204]);
    store.failing.clear();
    await until(() => store.completed === 1);
    await expect(statuses([send(url, 'EV-9')])).resolves.toEqual([204]);
    expect(runs).toEqual(['EV-9']);
  });

  it('is left to its lease when it can be neither handled nor given back', async () => {
    const store = new FragileStore();
    store.failing.add('release');
    handle = () => {
      if (runs.length === 1) throw new Error('locked');
    };
    const { url, logger } = await start({ store, lease: 200 });
    await expect(statuses([send(url, 'EV-10')])).resolves.toEqual([500]);
    expect(logger.ours('warn')).toEqual([expect.stringContaining('could not be given back')]);
    await sendUntil(url, 'EV-10', () => events.some(({ outcome }) => outcome === 'handled'));
    expect(runs).toHaveLength(2);
  });

  it('says so when another process took it over meanwhile', async () => {
    const gate: Deferred<undefined> = deferred();
    handle = () => gate.promise;
    const store = new FragileStore();
    store.failing.add('renew');
    const { url, logger } = await start({ store, lease: 60, handlerTimeout: 20 });
    await expect(statuses([send(url, 'EV-11')])).resolves.toEqual([503]);
    await until(() => logger.ours('warn').some((line) => line.includes('could not be prolonged')));
    await sendUntil(url, 'EV-11', () => runs.length > 1);
    gate.resolve(undefined);
    await until(() =>
      logger.ours('warn').some((line) => line.includes('may have been handled twice')),
    );
  });

  it('reaches the handler every time with store: false', async () => {
    handle = () => {
      if (runs.length === 2) throw new Error('once');
    };
    const { url } = await start({ store: false });
    await expect(statuses([send(url, 'EV-12')])).resolves.toEqual([204]);
    await expect(statuses([send(url, 'EV-12')])).resolves.toEqual([500]);
    await expect(statuses([send(url, 'EV-12')])).resolves.toEqual([204]);
    expect(runs).toHaveLength(3);
  });

  it('is waited for by a shutdown, after which the store is closed', async () => {
    const gate: Deferred<undefined> = deferred();
    handle = () => gate.promise;
    const store = new FragileStore();
    const { app, url } = await start({ store, handlerTimeout: 20 });
    await expect(statuses([send(url, 'EV-13')])).resolves.toEqual([503]);
    let isClosed = false;
    const closing = app.close().then(() => {
      isClosed = true;
    });
    await new Promise(setImmediate);
    expect([isClosed, store.closed]).toEqual([false, 0]);
    gate.resolve(undefined);
    await closing;
    expect(store.closed).toBe(1);
    expect(events.at(-1)).toMatchObject({ outcome: 'handled', late: true });
  });

  it('is waited for up to a limit only', async () => {
    handle = () => new Promise(() => undefined);
    const { app, url, logger } = await start({ handlerTimeout: 20, shutdownTimeout: 50 });
    await expect(statuses([send(url, 'EV-14')])).resolves.toEqual([503]);
    await app.close();
    expect(logger.ours('warn').at(-1)).toContain('still run');
  });

  it('tells the diagnostics channel of refusals, without anything of the body', async () => {
    const { url } = await start();
    const { headers, body } = signComplaintNotification(merchant, { id: 'EV-15' });
    await httpPost(`${url}/complaints`, headers, `${body} `);
    expect(events).toEqual([
      {
        mchid: merchant.mchid,
        outcome: 'rejected',
        code: 'SIGNATURE_MISMATCH',
        requestId: headers['Request-ID'],
        late: false,
        duration: expect.any(Number),
      },
    ]);
  });
});
