import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  BadRequestException,
  Controller,
  Inject,
  Injectable,
  Module,
  Post,
  Req,
  Scope,
  type Type,
  VERSION_NEUTRAL,
  VersioningType,
} from '@nestjs/common';
import { NestFactory, REQUEST } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import {
  COMPLAINT_NOTIFICATION_RECEIVER,
  ComplaintDispatcher,
  ComplaintNotification,
  ComplaintNotificationGuard,
  ComplaintNotificationReceiver,
  ComplaintPayload,
  type IncomingRequest,
  type NotificationOutcome,
  type ComplaintNotificationPayload,
  NOTIFICATION_CHANNEL,
  type NotificationEvent,
  OnComplaint,
  WechatPayComplaintModule,
  type SingleMerchantOptions,
} from 'nestjs-wechatpay-complaint';
import {
  acceptNotification,
  createTestMerchant,
  signComplaintNotification,
  type TestMerchant,
} from 'nestjs-wechatpay-complaint/testing';
import { defer, delay, of, tap } from 'rxjs';
import { closeAll, startSimulator } from '../support/client-bench.js';
import { ControlledStore } from '../support/controlled-store.js';
import { type Deferred, deferred } from '../support/deferred.js';
import { type HttpResponse, httpPost } from '../support/http-post.js';
import { RecordingLogger } from '../support/recording-logger.js';
import { ADAPTERS, closeApps, type RunningApp, startApp } from '../support/start-app.js';
import { until } from '../support/until.js';

const ROUTE = 'wechatpay/complaints';
/** Milliseconds. Longer than a test may take. */
const ENDLESS = 60_000;

let merchant: TestMerchant;
/** What has run, as `listener id`. */
let calls: string[] = [];
/** What a listener does, by its method. */
let behaviour: Record<string, () => unknown> = {};
let events: NotificationEvent[] = [];
let gate: Deferred<undefined>;

const record = (message: unknown): void => {
  events.push(message as NotificationEvent);
};

function call(listener: string, { id }: ComplaintNotificationPayload): unknown {
  calls.push(`${listener} ${id}`);
  return behaviour[listener]?.();
}

beforeAll(async () => {
  merchant = await createTestMerchant();
});
beforeEach(() => {
  calls = [];
  behaviour = {};
  events = [];
  gate = deferred();
  subscribe(NOTIFICATION_CHANNEL, record);
});
afterEach(async () => {
  unsubscribe(NOTIFICATION_CHANNEL, record);
  gate.resolve(undefined);
  await closeApps();
  await closeAll();
});

@Injectable()
class Complaints {
  @OnComplaint('CREATE_COMPLAINT', 'CONTINUE_COMPLAINT')
  open(notification: ComplaintNotificationPayload): unknown {
    return call('open', notification);
  }
}

@Injectable()
class Journal {
  @OnComplaint()
  write(notification: ComplaintNotificationPayload): unknown {
    return call('write', notification);
  }
}

@Controller()
class Alerts {
  @OnComplaint('CREATE_COMPLAINT')
  ring(notification: ComplaintNotificationPayload): unknown {
    return call('ring', notification);
  }
}

function sign(id: string, action_type = 'CREATE_COMPLAINT', of = merchant) {
  return signComplaintNotification(of, { id, complaint: { complaint_id: '2002', action_type } });
}

async function send(
  { url }: RunningApp,
  id: string,
  { action = 'CREATE_COMPLAINT', path = ROUTE, of = merchant } = {},
): Promise<HttpResponse> {
  const { headers, body } = sign(id, action, of);
  return httpPost(`${url}/${path}`, headers, body);
}

function payload(id: string, action_type = 'CREATE_COMPLAINT'): ComplaintNotificationPayload {
  return {
    mchid: merchant.mchid,
    id,
    event_type: 'COMPLAINT.CREATE',
    complaint: { complaint_id: '2002', action_type },
  };
}

describe.each(ADAPTERS)('Listeners behind the route of the module, on %s,', (adapter) => {
  interface Setup {
    readonly options?: Partial<SingleMerchantOptions>;
    readonly providers?: Type[];
    readonly controllers?: Type[];
    readonly configure?: Parameters<typeof startApp>[0]['configure'];
  }

  function start({ options, providers = [Complaints], ...others }: Setup = {}) {
    return startApp({
      adapter,
      imports: [
        WechatPayComplaintModule.forRoot({ ...merchant.options, ...options, route: ROUTE }),
      ],
      providers,
      ...others,
    });
  }

  const ALL = { providers: [Complaints, Journal], controllers: [Alerts] };

  it('get the notifications that they listen for, once', async () => {
    const received: ComplaintNotificationPayload[] = [];
    @Injectable()
    class Listener {
      @OnComplaint('USER_RESPONSE')
      answer(notification: ComplaintNotificationPayload): void {
        received.push(notification);
      }
    }
    const running = await start({ providers: [Complaints, Journal, Listener] });

    await expect(send(running, 'EV-1')).resolves.toMatchObject({ status: 204, text: '' });
    await expect(send(running, 'EV-1')).resolves.toMatchObject({ status: 204, text: '' });
    await send(running, 'EV-2', { action: 'CONTINUE_COMPLAINT' });
    await send(running, 'EV-3', { action: 'USER_RESPONSE' });
    await send(running, 'EV-4', { action: 'SOMETHING_NEW' });

    expect(calls.sort()).toEqual([
      'open EV-1',
      'open EV-2',
      'write EV-1',
      'write EV-2',
      'write EV-3',
      'write EV-4',
    ]);
    expect(received).toEqual([
      expect.objectContaining({
        mchid: merchant.mchid,
        id: 'EV-3',
        complaint: { complaint_id: '2002', action_type: 'USER_RESPONSE' },
      }),
    ]);
    expect(running.logger.problems()).toEqual([]);
  });

  it('reject what is not genuine before any of them runs', async () => {
    const running = await start(ALL);
    const { headers, body } = sign('EV-1');
    await expect(httpPost(`${running.url}/${ROUTE}`, headers, `${body} `)).resolves.toMatchObject({
      status: 401,
      text: '{"code":"FAIL","message":"The signature is wrong"}',
    });
    expect(calls).toEqual([]);
  });

  it('run at the same time, each under a claim of its own', async () => {
    const store = new ControlledStore();
    behaviour.open = async () => {
      await until(() => calls.includes('write EV-1') && calls.includes('ring EV-1'));
    };
    const running = await start({ ...ALL, options: { store } });
    await expect(send(running, 'EV-1')).resolves.toMatchObject({ status: 204 });
    expect(calls.sort()).toEqual(['open EV-1', 'ring EV-1', 'write EV-1']);
    expect(store.done.filter((method) => method === 'claim')).toHaveLength(3);
    expect(store.done.filter((method) => method === 'complete')).toHaveLength(3);
    await expect(
      store.claim({ mchid: merchant.mchid, id: 'EV-1#Complaints.open' }, 1),
    ).resolves.toEqual({ state: 'done' });
  });

  it('cost one claim when there is one', async () => {
    const store = new ControlledStore();
    const running = await start({ options: { store } });
    await send(running, 'EV-1');
    expect(store.arrived).toEqual(['claim', 'complete']);
  });

  it('run again on a redelivery only where they failed, and the log names them', async () => {
    behaviour.write = () => {
      throw new TypeError('the disk is full');
    };
    const running = await start(ALL);
    await expect(send(running, 'EV-1')).resolves.toMatchObject({
      status: 500,
      text: '{"code":"FAIL","message":"Internal Server Error"}',
    });
    expect(running.logger.problems()).toEqual([
      expect.stringMatching(
        /^Notification EV-1 \(CREATE_COMPLAINT, complaint 2002\) for Journal\.write was not handled\. WeChat Pay redelivers it\..*TypeError: the disk is full/s,
      ),
    ]);
    behaviour = {};
    await expect(send(running, 'EV-1')).resolves.toMatchObject({ status: 204 });
    expect(calls.filter((text) => text.startsWith('write'))).toHaveLength(2);
    expect(calls).toHaveLength(4);
    expect(events.map(({ listener, outcome }) => `${listener} ${outcome}`).sort()).toEqual([
      'Alerts.ring duplicate',
      'Alerts.ring handled',
      'Complaints.open duplicate',
      'Complaints.open handled',
      'Journal.write failed',
      'Journal.write handled',
    ]);
  });

  it('choose the status with an HttpException', async () => {
    behaviour.open = () => {
      throw new BadRequestException('not today');
    };
    const running = await start();
    await expect(send(running, 'EV-1')).resolves.toMatchObject({
      status: 400,
      text: '{"code":"FAIL","message":"not today"}',
    });
  });

  it('are not missed when there is none for an action', async () => {
    const running = await start();
    await expect(send(running, 'EV-1', { action: 'USER_RESPONSE' })).resolves.toMatchObject({
      status: 204,
      text: '',
    });
    expect(running.logger.problems()).toEqual([]);
    expect(running.logger.ours('log')).toEqual([
      expect.stringMatching(
        /^Notification EV-1 \(USER_RESPONSE, complaint 2002\): no listener listens for this action, \d+ ms/,
      ),
    ]);
    expect(events).toMatchObject([{ outcome: 'ignored', id: 'EV-1', listener: undefined }]);
  });

  it('are awaited: promises and Observables', async () => {
    behaviour.open = () => gate.promise;
    behaviour.write = () =>
      defer(() => of('first', 'last')).pipe(
        delay(1),
        tap((value) => calls.push(value)),
      );
    const running = await start(ALL);
    let isDone = false;
    const response = send(running, 'EV-1').finally(() => {
      isDone = true;
    });
    await until(() => calls.includes('last'));
    expect(isDone).toBe(false);
    gate.resolve(undefined);
    await expect(response).resolves.toMatchObject({ status: 204 });
  });

  it('have one deadline together: the slow one goes on, and the others are not run again', async () => {
    behaviour.open = () => gate.promise;
    const running = await start({ ...ALL, options: { handlerTimeout: 100, lease: 150 } });
    await expect(send(running, 'EV-1')).resolves.toMatchObject({ status: 503 });
    expect(running.logger.problems()).toEqual([
      expect.stringMatching(
        /^Notification EV-1 \(CREATE_COMPLAINT, complaint 2002\) for Complaints\.open was deferred \(HANDLER_TIMEOUT\)/,
      ),
    ]);
    await expect(send(running, 'EV-1')).resolves.toMatchObject({ status: 409 });
    gate.resolve(undefined);
    await until(async () => (await send(running, 'EV-1')).status === 204);
    expect(calls.sort()).toEqual(['open EV-1', 'ring EV-1', 'write EV-1']);
    expect(events).toContainEqual(
      expect.objectContaining({ listener: 'Complaints.open', outcome: 'handled', late: true }),
    );
  });

  it('get 503 while the store is away, and none of them runs', async () => {
    const store = new ControlledStore();
    store.failing.add('claim');
    const running = await start({ ...ALL, options: { store } });
    await expect(send(running, 'EV-1')).resolves.toMatchObject({ status: 503 });
    expect(calls).toEqual([]);
  });

  it('are awaited by a shutdown', async () => {
    behaviour.open = () => gate.promise;
    const store = new ControlledStore();
    const running = await start({
      options: { store, handlerTimeout: 20, shutdownTimeout: ENDLESS },
    });
    await expect(send(running, 'EV-1')).resolves.toMatchObject({ status: 503 });
    const closing = running.app.close();
    gate.resolve(undefined);
    await closing;
    expect(store.done).toEqual(['claim', 'complete']);
    expect(store.closed).toBe(1);
  });

  it('run every time with store: false', async () => {
    const running = await start({ options: { store: false } });
    await send(running, 'EV-1');
    await send(running, 'EV-1');
    expect(calls).toEqual(['open EV-1', 'open EV-1']);
  });

  it('may be request-scoped: one instance for each notification, which is the request', async () => {
    const seen: string[] = [];
    let instances = 0;
    @Injectable({ scope: Scope.REQUEST })
    class Trace {
      readonly number = ++instances;

      constructor(@Inject(REQUEST) readonly request: ComplaintNotificationPayload) {}
    }
    @Injectable()
    class First {
      constructor(private readonly trace: Trace) {}

      @OnComplaint()
      handle({ id }: ComplaintNotificationPayload): void {
        seen.push(`first ${id} ${this.trace.request.id} ${this.trace.number}`);
      }
    }
    let controllers = 0;
    @Controller()
    class Second {
      constructor(private readonly trace: Trace) {
        controllers += 1;
      }

      @OnComplaint()
      again({ id }: ComplaintNotificationPayload): void {
        seen.push(`again ${id} ${this.trace.request.id} ${this.trace.number}`);
      }

      @OnComplaint()
      handle({ id }: ComplaintNotificationPayload): void {
        seen.push(`second ${id} ${this.trace.request.id} ${this.trace.number}`);
      }
    }
    const running = await start({ providers: [Trace, First], controllers: [Second] });
    await send(running, 'EV-1');
    await send(running, 'EV-1');
    await expect(send(running, 'EV-2')).resolves.toMatchObject({ status: 204 });
    expect(controllers).toBe(2);
    expect(seen.sort()).toEqual([
      'again EV-1 EV-1 1',
      'again EV-2 EV-2 2',
      'first EV-1 EV-1 1',
      'first EV-2 EV-2 2',
      'second EV-1 EV-1 1',
      'second EV-2 EV-2 2',
    ]);
  });

  it('are found in any module, also in one that does not import ours', async () => {
    @Module({ providers: [Complaints] })
    class OrdersModule {}
    const running = await startApp({
      adapter,
      imports: [
        WechatPayComplaintModule.forRootAsync({ route: ROUTE, useFactory: () => merchant.options }),
        OrdersModule,
      ],
    });
    await send(running, 'EV-1');
    expect(calls).toEqual(['open EV-1']);
  });

  it('have a route with prefix, version and parameters, as any other', async () => {
    const running = await startApp({
      adapter,
      imports: [
        WechatPayComplaintModule.forRoot({
          ...merchant.options,
          route: 'shops/:mchid/complaints',
        }),
      ],
      providers: [Complaints],
      configure: (app) => {
        app.setGlobalPrefix('api');
        app.enableVersioning({ type: VersioningType.URI, defaultVersion: '2' });
      },
    });
    const path = `api/v2/shops/${merchant.mchid}/complaints`;
    await expect(send(running, 'EV-1', { path })).resolves.toMatchObject({ status: 204 });
    await expect(
      send(running, 'EV-2', { path: `shops/${merchant.mchid}/complaints` }),
    ).resolves.toMatchObject({ status: 404 });
    expect(calls).toEqual(['open EV-1']);
  });

  it('can have a route for every version, where the version is in a header', async () => {
    const running = await startApp({
      adapter,
      imports: [
        WechatPayComplaintModule.forRootAsync({
          route: { path: ROUTE, version: VERSION_NEUTRAL },
          useFactory: () => merchant.options,
        }),
      ],
      providers: [Complaints],
      configure: (app) => {
        app.enableVersioning({
          type: VersioningType.HEADER,
          header: 'X-Version',
          defaultVersion: '2',
        });
      },
    });
    await expect(send(running, 'EV-1')).resolves.toMatchObject({ status: 204 });
    expect(calls).toEqual(['open EV-1']);
  });

  it('have a route that the checks of raw body and callbackUrl know', async () => {
    const simulator = await startSimulator(merchant);
    const options = simulator.moduleOptions(merchant);
    const check = async (callbackUrl: string, nest: { rawBody?: boolean }): Promise<string[]> => {
      const module = WechatPayComplaintModule.forRoot({ ...options, callbackUrl, route: ROUTE });
      const { logger } = await startApp({
        adapter,
        nest,
        imports: [module],
        providers: [Complaints],
      });
      return logger.problems();
    };
    const url = `https://shop.example.com/${ROUTE}`;
    await expect(check(url, { rawBody: true })).resolves.toEqual([]);
    await expect(check(`${url}/new`, { rawBody: true })).resolves.toEqual([
      expect.stringContaining(`ends like callbackUrl ${url}/new (routes: /${ROUTE})`),
    ]);
    await expect(check(url, {})).resolves.toEqual([expect.stringContaining('rawBody: true')]);
  });

  it('do not hear what a route with @ComplaintNotification() receives', async () => {
    @Controller()
    class OwnController {
      @Post('own')
      @ComplaintNotification()
      handle(@ComplaintPayload() notification: ComplaintNotificationPayload): unknown {
        return call('handle', notification);
      }
    }
    const running = await start({ controllers: [OwnController] });
    await expect(send(running, 'EV-1', { path: 'own' })).resolves.toMatchObject({ status: 204 });
    expect(calls).toEqual(['handle EV-1']);
    // The route and a listener are remembered apart.
    await send(running, 'EV-1');
    expect(calls).toEqual(['handle EV-1', 'open EV-1']);
  });

  it('can be fed by a route of the app, with the receiver', async () => {
    @Controller()
    class GatewayController {
      constructor(
        @Inject(COMPLAINT_NOTIFICATION_RECEIVER)
        private readonly receiver: ComplaintNotificationReceiver,
        private readonly dispatcher: ComplaintDispatcher,
      ) {}

      @Post('gateway')
      async handle(@Req() request: IncomingRequest): Promise<{ outcome: NotificationOutcome }> {
        return { outcome: await this.dispatcher.deliver(await this.receiver.receive(request)) };
      }
    }
    const running = await start({ controllers: [GatewayController] });
    await expect(send(running, 'EV-1', { path: 'gateway' })).resolves.toMatchObject({
      text: '{"outcome":"handled"}',
    });
    expect(calls).toEqual(['open EV-1']);
  });

  it('run for each request of a test that overrides the guard', async () => {
    const module = await Test.createTestingModule({
      imports: [WechatPayComplaintModule.forRoot({ ...merchant.options, route: ROUTE })],
      providers: [Complaints, Journal],
    })
      .overrideGuard(ComplaintNotificationGuard)
      .useValue(acceptNotification({ id: 'EV-1', complaint: { complaint_id: '2002' } }))
      .setLogger(new RecordingLogger())
      .compile();
    const app = module.createNestApplication(
      adapter === 'fastify' ? new FastifyAdapter() : new ExpressAdapter(),
    );
    await app.listen(0, '127.0.0.1');
    const url = `${await app.getUrl()}/${ROUTE}`;
    await expect(httpPost(url, {}, '')).resolves.toMatchObject({ status: 204, text: '' });
    behaviour.open = () => {
      throw new BadRequestException('not today');
    };
    await expect(httpPost(url, {}, '')).resolves.toMatchObject({ status: 400 });
    await app.close();
    expect(calls.sort()).toEqual(['open EV-1', 'open EV-1', 'write EV-1', 'write EV-1']);
  });

  it('hear of every merchant of one module, which the path or the keys tell', async () => {
    const second = await createTestMerchant({ mchid: '1900000200' });
    const seen: string[] = [];
    @Injectable()
    class Merchants {
      @OnComplaint()
      handle({ mchid, id }: ComplaintNotificationPayload): void {
        seen.push(`${mchid} ${id}`);
      }
    }
    // `request` is an option of the app.
    const merchants = [merchant, second].map(({ options: { request: _app, ...own } }) => own);
    const running = await startApp({
      adapter,
      imports: [
        WechatPayComplaintModule.forRoot({
          merchants,
          route: { path: ['complaints', 'shops/:mchid'] },
        }),
      ],
      providers: [Merchants],
    });
    const path = `shops/${second.mchid}`;
    await expect(send(running, 'EV-1', { path, of: second })).resolves.toMatchObject({
      status: 204,
    });
    await expect(send(running, 'EV-2', { path })).resolves.toMatchObject({ status: 401 });
    // An id is unique for a merchant only.
    await expect(send(running, 'EV-1', { path: 'complaints' })).resolves.toMatchObject({
      status: 204,
    });
    expect(seen).toEqual([`${second.mchid} EV-1`, `${merchant.mchid} EV-1`]);
  });

  it('of two modules have a route each, and hear of their own merchant only', async () => {
    const second = await createTestMerchant({ mchid: '1900000200' });
    @Module({
      imports: [WechatPayComplaintModule.forRoot({ ...merchant.options, route: 'first' })],
      providers: [Complaints],
    })
    class FirstModule {}
    @Module({
      imports: [WechatPayComplaintModule.forRoot({ ...second.options, route: 'second' })],
      controllers: [Alerts],
    })
    class SecondModule {}
    const running = await startApp({
      adapter,
      imports: [FirstModule, SecondModule],
      providers: [Journal],
    });

    await expect(send(running, 'EV-1', { path: 'first' })).resolves.toMatchObject({ status: 204 });
    await expect(send(running, 'EV-2', { path: 'second' })).resolves.toMatchObject({ status: 401 });
    await expect(send(running, 'EV-3', { path: 'second', of: second })).resolves.toMatchObject({
      status: 204,
    });
    await expect(send(running, 'EV-4', { path: 'first', of: second })).resolves.toMatchObject({
      status: 401,
    });

    expect(calls.sort()).toEqual(['open EV-1', 'ring EV-3', 'write EV-1', 'write EV-3']);
  });
});

describe('ComplaintDispatcher in an app without HTTP', () => {
  async function startWorker(options: Partial<SingleMerchantOptions> = {}) {
    @Module({
      imports: [WechatPayComplaintModule.forRoot({ ...merchant.options, ...options })],
      providers: [Complaints],
    })
    class WorkerModule {}
    const logger = new RecordingLogger();
    const app = await NestFactory.createApplicationContext(WorkerModule, { logger });
    return { app, dispatcher: app.get(ComplaintDispatcher), logger };
  }

  it('gives notifications to listeners once', async () => {
    const { app, dispatcher, logger } = await startWorker();
    await expect(dispatcher.dispatch(payload('EV-1'))).resolves.toBe('handled');
    await expect(dispatcher.dispatch(payload('EV-1'))).resolves.toBe('duplicate');
    await expect(dispatcher.dispatch(payload('EV-2', 'USER_RESPONSE'))).resolves.toBe('ignored');
    await app.close();
    expect(calls).toEqual(['open EV-1']);
    expect(logger.problems()).toEqual([]);
  });

  it('shares what is remembered with the route of another process', async () => {
    const store = new ControlledStore();
    const { app, dispatcher } = await startWorker({ store });
    const running = await startApp({
      imports: [WechatPayComplaintModule.forRoot({ ...merchant.options, store, route: ROUTE })],
      providers: [Complaints],
    });
    await send(running, 'EV-1');
    await expect(dispatcher.dispatch(payload('EV-1'))).resolves.toBe('duplicate');
    await app.close();
  });

  it('is waited for by a shutdown', async () => {
    behaviour.open = () => gate.promise;
    const store = new ControlledStore();
    const { app, dispatcher } = await startWorker({ store, shutdownTimeout: ENDLESS });
    const dispatched = dispatcher.dispatch(payload('EV-1'), { handlerTimeout: ENDLESS });
    await until(() => calls.length === 1);
    const closing = app.close();
    gate.resolve(undefined);
    await closing;
    await expect(dispatched).resolves.toBe('handled');
    expect(store.done).toEqual(['claim', 'complete']);
    await expect(dispatcher.dispatch(payload('EV-2'))).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      detail: expect.stringContaining('The app is shutting down.'),
    });
  });
});
