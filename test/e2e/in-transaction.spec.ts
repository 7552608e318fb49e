import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BadRequestException, Controller, Injectable, Post, Req, type Type } from '@nestjs/common';
import {
  ComplaintDispatcher,
  ComplaintNotification,
  type ComplaintNotificationPayload,
  ComplaintPayload,
  InTransaction,
  MemoryNotificationStore,
  NOTIFICATION_CHANNEL,
  type NotificationEvent,
  OnComplaint,
  WechatPayComplaintModule,
} from 'nestjs-wechatpay-complaint';
import { pgStore, schema } from 'nestjs-wechatpay-complaint/sql';
import {
  createTestMerchant,
  signComplaintNotification,
  type TestMerchant,
} from 'nestjs-wechatpay-complaint/testing';
import { Pool, type PoolClient } from 'pg';
import { type Deferred, deferred } from '../support/deferred.js';
import { type HttpResponse, httpPost } from '../support/http-post.js';
import { type PostgresServer, startPostgres } from '../support/postgres-server.js';
import { closeApps, type RunningApp, startApp, startupError } from '../support/start-app.js';
import { until } from '../support/until.js';

let merchant: TestMerchant;
let postgres: PostgresServer;
let pool: Pool;
let events: NotificationEvent[] = [];
let runs: string[] = [];
/** What a handler does after it has written its row. */
let then: (id: string, client: PoolClient) => unknown;
let gate: Deferred<undefined>;

const record = (message: unknown): void => {
  events.push(message as NotificationEvent);
};

beforeAll(async () => {
  merchant = await createTestMerchant();
  postgres = await startPostgres();
  pool = new Pool({ connectionString: postgres.url });
  await pool.query(schema('postgres'));
  await pool.query('CREATE TABLE effects (id text NOT NULL)');
}, 60_000);
afterAll(async () => {
  await pool.end();
  await postgres.server.remove();
});
beforeEach(() => {
  events = [];
  runs = [];
  then = () => undefined;
  gate = deferred();
  subscribe(NOTIFICATION_CHANNEL, record);
});
afterEach(async () => {
  unsubscribe(NOTIFICATION_CHANNEL, record);
  gate.resolve(undefined);
  await closeApps();
  await pool.query('TRUNCATE effects, wechatpay_notification');
});

async function handle({ id }: ComplaintNotificationPayload, client: PoolClient): Promise<void> {
  runs.push(id);
  await client.query('INSERT INTO effects VALUES ($1)', [id]);
  await then(id, client);
}

async function effects(): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>('SELECT id FROM effects ORDER BY id');
  return rows.map(({ id }) => id);
}

@Controller()
class Complaints {
  @Post('complaints')
  @ComplaintNotification()
  @InTransaction()
  async receive(
    @ComplaintPayload() notification: ComplaintNotificationPayload,
    client: PoolClient,
  ): Promise<void> {
    await handle(notification, client);
  }
}

@Injectable()
class Listener {
  @OnComplaint()
  @InTransaction()
  async open(notification: ComplaintNotificationPayload, client: PoolClient): Promise<void> {
    await handle(notification, client);
  }

  @OnComplaint()
  count(...args: unknown[]): void {
    runs.push(`count ${args.length}`);
  }
}

function start(controller: Type, lease?: number, providers: Type[] = []): Promise<RunningApp> {
  return startApp({
    imports: [
      WechatPayComplaintModule.forRoot({
        ...merchant.options,
        store: pgStore(pool),
        lease,
        handlerTimeout: 3000,
      }),
    ],
    controllers: [controller],
    providers,
  });
}

async function send({ url }: RunningApp, id: string): Promise<HttpResponse> {
  const { headers, body } = signComplaintNotification(merchant, { id });
  return httpPost(`${url}/complaints`, headers, body);
}

describe('A route with @InTransaction()', () => {
  it('commits what its handler has written, once for all deliveries', async () => {
    const app = await start(Complaints);
    const responses = [await send(app, 'EV-1'), await send(app, 'EV-1')];
    expect(responses.map(({ status }) => status)).toEqual([204, 204]);
    expect(runs).toEqual(['EV-1']);
    await expect(effects()).resolves.toEqual(['EV-1']);
    expect(events.map(({ outcome }) => outcome)).toEqual(['handled', 'duplicate']);
  });

  it('shows nobody what its handler has written before all is committed', async () => {
    then = () => gate.promise;
    const app = await start(Complaints);
    const response = send(app, 'EV-1');
    await until(() => runs.length === 1);
    expect((await send(app, 'EV-1')).status).toBe(409);
    await expect(effects()).resolves.toEqual([]);
    gate.resolve(undefined);
    expect((await response).status).toBe(204);
    await expect(effects()).resolves.toEqual(['EV-1']);
  });

  it('rolls back when its handler fails, and runs it for the redelivery', async () => {
    then = () => {
      if (runs.length === 1) throw new BadRequestException('not yet');
    };
    const app = await start(Complaints);
    expect((await send(app, 'EV-1')).status).toBe(400);
    await expect(effects()).resolves.toEqual([]);
    expect((await send(app, 'EV-1')).status).toBe(204);
    await expect(effects()).resolves.toEqual(['EV-1']);
    expect(events.map(({ outcome }) => outcome)).toEqual(['failed', 'handled']);
  });

  it('defers and rolls back when its handler has swallowed an error of the database', async () => {
    then = async (_id, client) => {
      if (runs.length === 1) await client.query('SELECT nonsense').catch(() => undefined);
    };
    const app = await start(Complaints);
    expect((await send(app, 'EV-1')).status).toBe(503);
    await expect(effects()).resolves.toEqual([]);
    expect(app.logger.problems()).toEqual([
      expect.stringMatching(/EV-1.*STORE_UNAVAILABLE.*current transaction is aborted/),
    ]);
    expect((await send(app, 'EV-1')).status).toBe(204);
    await expect(effects()).resolves.toEqual(['EV-1']);
    expect(events.map(({ outcome, code }) => [outcome, code])).toEqual([
      ['deferred', 'STORE_UNAVAILABLE'],
      ['handled', undefined],
    ]);
  });

  it('rolls back when another process has taken the notification over', async () => {
    then = async () => {
      // As after a freeze: the lease has lapsed, and another process holds the notification.
      await pool.query("UPDATE wechatpay_notification SET token = 'another'");
    };
    const app = await start(Complaints);
    expect((await send(app, 'EV-1')).status).toBe(409);
    await expect(effects()).resolves.toEqual([]);
    expect(app.logger.problems()).toEqual([expect.stringMatching(/EV-1.*rolled back/)]);
    expect(events).toMatchObject([{ outcome: 'deferred', code: 'IN_PROGRESS' }]);
  });

  it('keeps its lease while a handler runs that takes longer', async () => {
    then = async () => {
      if (runs.length === 1) await gate.promise;
    };
    const app = await start(Complaints, 300);
    const response = send(app, 'EV-1');
    await until(() => runs.length === 1);
    await new Promise((resolve) => setTimeout(resolve, 800));
    expect((await send(app, 'EV-1')).status).toBe(409);
    gate.resolve(undefined);
    expect((await response).status).toBe(204);
    await expect(effects()).resolves.toEqual(['EV-1']);
  });

  it('is handled after its response was due', async () => {
    then = () => gate.promise;
    const app = await startApp({
      imports: [
        WechatPayComplaintModule.forRoot({
          ...merchant.options,
          store: pgStore(pool),
          handlerTimeout: 100,
        }),
      ],
      controllers: [Complaints],
    });
    expect((await send(app, 'EV-1')).status).toBe(503);
    await expect(effects()).resolves.toEqual([]);
    gate.resolve(undefined);
    await until(() => events.length === 2);
    await expect(effects()).resolves.toEqual(['EV-1']);
    expect((await send(app, 'EV-1')).status).toBe(204);
    expect(events).toMatchObject([
      { outcome: 'deferred', code: 'HANDLER_TIMEOUT' },
      { outcome: 'handled', late: true },
      { outcome: 'duplicate' },
    ]);
  });

  it('gets the transaction as its first parameter without a decorator', async () => {
    @Controller()
    class Between {
      // The other order of the decorators.
      @InTransaction()
      @Post('complaints')
      @ComplaintNotification()
      async receive(
        @Req() request: { method: string },
        client: PoolClient,
        @ComplaintPayload() notification: ComplaintNotificationPayload,
      ): Promise<void> {
        await handle(notification, client);
        runs.push(request.method);
      }
    }
    expect((await send(await start(Between), 'EV-1')).status).toBe(204);
    expect(runs).toEqual(['EV-1', 'POST']);
    await expect(effects()).resolves.toEqual(['EV-1']);
  });

  it('is inherited with its method, and not with one that overrides it', async () => {
    @Controller()
    class Inheriting extends Complaints {}
    expect((await send(await start(Inheriting), 'EV-1')).status).toBe(204);
    await expect(effects()).resolves.toEqual(['EV-1']);
    await closeApps();

    @Controller()
    class Overriding extends Complaints {
      @Post('complaints')
      @ComplaintNotification()
      override receive(
        @ComplaintPayload() _notification: ComplaintNotificationPayload,
        client: unknown,
      ): Promise<void> {
        runs.push(String(client));
        return Promise.resolve();
      }
    }
    expect((await send(await start(Overriding), 'EV-2')).status).toBe(204);
    expect(runs).toEqual(['EV-1', 'undefined']);
  });
});

describe('A listener with @InTransaction()', () => {
  const payload = (id: string): ComplaintNotificationPayload => ({
    mchid: merchant.mchid,
    id,
    event_type: 'COMPLAINT.CREATE',
    complaint: { complaint_id: '2002', action_type: 'CREATE_COMPLAINT' },
  });

  it('gets the transaction, which other listeners of the notification do not', async () => {
    const { app } = await start(Complaints, undefined, [Listener]);
    const dispatcher = app.get(ComplaintDispatcher, { strict: false });
    await expect(dispatcher.dispatch(payload('EV-1'))).resolves.toBe('handled');
    await expect(dispatcher.dispatch(payload('EV-1'))).resolves.toBe('duplicate');
    expect(runs.toSorted()).toEqual(['EV-1', 'count 1']);
    await expect(effects()).resolves.toEqual(['EV-1']);
  });

  it('rolls back by itself when it fails', async () => {
    then = () => {
      if (runs.filter((run) => run === 'EV-1').length === 1) throw new Error('not yet');
    };
    const { app } = await start(Complaints, undefined, [Listener]);
    const dispatcher = app.get(ComplaintDispatcher, { strict: false });
    await expect(dispatcher.dispatch(payload('EV-1'))).rejects.toThrow('not yet');
    await expect(effects()).resolves.toEqual([]);
    await expect(dispatcher.dispatch(payload('EV-1'))).resolves.toBe('handled');
    expect(runs.toSorted()).toEqual(['EV-1', 'EV-1', 'count 1']);
    await expect(effects()).resolves.toEqual(['EV-1']);
  });
});

describe('An app with @InTransaction()', () => {
  it.each([
    ['a store without transactions', new MemoryNotificationStore()],
    ['no store', false],
  ] as const)('does not start with %s', async (_what, store) => {
    const options = { ...merchant.options, store };
    const error = await startupError({
      imports: [WechatPayComplaintModule.forRoot(options)],
      controllers: [Complaints],
      providers: [Listener],
    });
    expect(error.message).toContain(
      'Complaints.receive has @InTransaction(), but the option store has no transactions',
    );
    expect(error.message).toContain('Listener.open has @InTransaction()');
    expect(error.message).toContain('typeOrmStore(dataSource)');
  });

  it('does not start when a method with it gets no notifications', async () => {
    @Injectable()
    class Service {
      @InTransaction()
      open(): void {}
    }
    const options = { ...merchant.options, store: pgStore(pool) };
    const error = await startupError({
      imports: [WechatPayComplaintModule.forRoot(options)],
      providers: [Service],
    });
    expect(error.message).toContain('Service.open has @InTransaction(), but gets no notifications');
  });

  it('checks a method against the store of the module that it sees', async () => {
    const other = await createTestMerchant();
    class WithDatabase {}
    class WithMemory {}
    const withDatabase = WechatPayComplaintModule.forRoot({
      ...merchant.options,
      store: pgStore(pool),
    });
    const withMemory = WechatPayComplaintModule.forRoot(other.options);
    const app = await startApp({
      imports: [
        { module: WithDatabase, imports: [withDatabase], controllers: [Complaints] },
        { module: WithMemory, imports: [withMemory] },
      ],
    });
    expect((await send(app, 'EV-1')).status).toBe(204);
  });
});
