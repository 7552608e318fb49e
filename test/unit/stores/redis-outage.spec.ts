import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { Redis } from 'ioredis';
import { WechatPayComplaintModule } from 'nestjs-wechatpay-complaint';
import {
  type RedisClient,
  RedisNotificationStore,
  type RedisNotificationStoreConnection,
} from 'nestjs-wechatpay-complaint/redis';
import { createTestMerchant } from 'nestjs-wechatpay-complaint/testing';
import { NotificationStoreError } from '../../../lib/errors/notification-store.error.js';
import { RecordingLogger } from '../../support/recording-logger.js';
import { until } from '../../support/until.js';
import { claimed, MINUTE, newKey } from './notification-store.contract.js';
import { freePort, RedisServer } from '../../support/redis-server.js';

const COMMAND_TIMEOUT = 300;
/** Milliseconds: many times the limit, for a busy machine. Queues of ioredis hold calls for minutes. */
const BOUNDED = 5000;

describe('RedisNotificationStore during an outage of Redis', () => {
  let logger: RecordingLogger;
  const cleanups: (() => unknown)[] = [];
  const unhandled: unknown[] = [];
  const onUnhandled = (reason: unknown): void => {
    unhandled.push(reason);
  };

  beforeAll(() => {
    process.on('unhandledRejection', onUnhandled);
  });
  afterAll(() => {
    process.off('unhandledRejection', onUnhandled);
  });
  beforeEach(() => {
    logger = new RecordingLogger();
    Logger.overrideLogger(logger);
  });
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
    await delay(20);
    const [rejection] = unhandled.splice(0);
    if (rejection !== undefined) throw new Error('unhandled rejection', { cause: rejection });
  });

  function open(
    connection: RedisNotificationStoreConnection['connection'],
    commandTimeout = COMMAND_TIMEOUT,
  ): RedisNotificationStore {
    const store = new RedisNotificationStore({ connection, commandTimeout });
    cleanups.push(async () => {
      await store.close();
    });
    return store;
  }

  function openOn(client: Redis): RedisNotificationStore {
    // Without a listener ioredis prints each error.
    client.on('error', () => undefined);
    cleanups.push(() => {
      client.disconnect();
    });
    return new RedisNotificationStore({ client, commandTimeout: COMMAND_TIMEOUT });
  }

  async function startRedis(settings: string[] = []): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), settings);
    cleanups.push(() => server.remove());
    return server.start();
  }

  async function rejectionOf(call: Promise<unknown>): Promise<NotificationStoreError> {
    const start = performance.now();
    const error: unknown = await call.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(performance.now() - start).toBeLessThan(BOUNDED);
    if (!(error instanceof NotificationStoreError))
      throw new Error(`No rejection: ${inspect(error)}`);
    expect(error.code).toBe('STORE_UNAVAILABLE');
    return error;
  }

  async function expectAllRejected(store: RedisNotificationStore): Promise<void> {
    const key = newKey();
    await Promise.all([
      rejectionOf(store.claim(key, MINUTE)),
      rejectionOf(store.renew(key, 'token', MINUTE)),
      rejectionOf(store.complete(key, 'token', MINUTE)),
      rejectionOf(store.release(key, 'token')),
      rejectionOf(store.ping()),
    ]);
  }

  /** Claims new notifications until a claim succeeds. */
  async function untilClaimed(store: RedisNotificationStore): Promise<void> {
    for (let tries = 0; tries < 100; tries++) {
      const claim = await store.claim(newKey(), MINUTE).catch(() => undefined);
      if (claim?.state === 'claimed') return;
      await delay(50);
    }
    throw new Error('The store did not recover.');
  }

  describe('when nothing listens', () => {
    it('rejects every call in time, with its own connection', async () => {
      const port = await freePort();
      const store = open({ host: '127.0.0.1', port });
      await until(() => logger.ours('error').length > 0);
      await expectAllRejected(store);

      const { message, cause } = await rejectionOf(store.claim(newKey(), MINUTE));
      expect(message).toContain('ECONNREFUSED');
      expect(message).toContain('Check that Redis is running');
      expect(cause).toMatchObject({ code: 'TIMEOUT', message: expect.stringContaining('300 ms') });
    });

    it("rejects every call in time, with the app's client", async () => {
      const client = new Redis({ host: '127.0.0.1', port: await freePort() });
      const store = openOn(client);
      await expectAllRejected(store);
      // ioredis does not have the commands, so it cannot send them later.
      expect(inspect(client, { depth: 4 })).not.toMatch(/evalsha|wechatpay-complaint:/);
    });

    it('logs that once, not with every attempt', async () => {
      const attempts: unknown[] = [];
      open({
        host: '127.0.0.1',
        port: await freePort(),
        retryStrategy: (times) => {
          attempts.push(times);
          return 1;
        },
      });
      await until(() => attempts.length > 20);
      expect(logger.ours()).toEqual([
        expect.stringMatching(/Redis cannot be reached, .* ECONNREFUSED/),
      ]);
    });

    it('rejects at once after a shutdown', async () => {
      const reconnecting = { host: '127.0.0.1', port: await freePort() };
      for (const connection of [reconnecting, { nodes: [reconnecting] }]) {
        const store = open(connection, 60_000);
        await until(() => logger.ours('error').length > 0);
        await store.close();
        expect((await rejectionOf(store.claim(newKey(), MINUTE))).message).toContain('shut down');
        logger.lines.splice(0);
      }
    });

    it('rejects at once when the connection was given up for good', async () => {
      const client = new Redis({ host: '127.0.0.1', port: await freePort(), retryStrategy: null });
      const store = openOn(client);
      const waiting = rejectionOf(store.claim(newKey(), MINUTE));
      expect((await waiting).message).toContain('Connection is closed');
      expect((await rejectionOf(store.claim(newKey(), MINUTE))).message).toContain(
        'Connection is closed',
      );
    });
  });

  describe('when the database does not exist', () => {
    it.each<[string, (port: number) => RedisNotificationStoreConnection['connection']]>([
      ['in a URL', (port) => `redis://127.0.0.1:${port}/999`],
      ['in options', (port) => ({ host: '127.0.0.1', port, db: 999 })],
      ['in options for RESP2', (port) => ({ host: '127.0.0.1', port, db: 999, protocol: 2 })],
    ])('rejects every call with that reason, and never uses another one: %s', async (_how, of) => {
      const server = await startRedis();
      const store = open(of(server.port), 10_000);

      const rejection = await rejectionOf(store.claim(newKey(), MINUTE));
      await expectAllRejected(store);

      expect(rejection.message).toContain(
        'Redis has no database 999 (ERR DB index is out of range)',
      );
      expect(logger.ours()).toEqual([
        expect.stringMatching(/Redis has no database 999 .* every notification is deferred/),
      ]);
      const witness = new Redis(server.url);
      cleanups.push(() => {
        witness.disconnect();
      });
      await expect(witness.dbsize()).resolves.toBe(0);
    });

    it('goes on with a database that exists', async () => {
      const server = await startRedis();

      await claimed(open(`${server.url}/15`, 10_000), newKey());

      const witness = new Redis({ port: server.port, db: 15 });
      cleanups.push(() => {
        witness.disconnect();
      });
      await expect(witness.dbsize()).resolves.toBe(1);
    });
  });

  describe('on shutdown', () => {
    it('rejects calls that wait for a connection at once', async () => {
      const store = open({ host: '127.0.0.1', port: await freePort() }, 60_000);
      await until(() => logger.ours('error').length > 0);
      const waiting = [
        rejectionOf(store.claim(newKey(), MINUTE)),
        rejectionOf(store.claim(newKey(), MINUTE)),
      ];

      await store.close();

      for (const { message } of await Promise.all(waiting)) expect(message).toContain('shut down');
    });

    it('rejects calls that wait for a response at once', async () => {
      const server = await startRedis();
      const store = open(server.url, 60_000);
      await claimed(store, newKey());
      server.freeze();
      const waiting = rejectionOf(store.claim(newKey(), MINUTE));
      await delay(20);

      await store.close();

      expect((await waiting).message).toContain('Connection is closed');
      server.thaw();
    });

    it('does not keep an app from closing while Redis is away', async () => {
      const store = open({ host: '127.0.0.1', port: await freePort() }, 60_000);
      const { options } = await createTestMerchant();
      const moduleRef = await Test.createTestingModule({
        imports: [WechatPayComplaintModule.forRoot({ ...options, store })],
      }).compile();
      await moduleRef.init();

      await expect(moduleRef.close()).resolves.toBeUndefined();
      expect(logger.ours('warn')).toEqual([]);
    });
  });

  describe('when the server does not respond', () => {
    async function startSilentServer(): Promise<number> {
      const sockets: Socket[] = [];
      const server = createServer((socket) => {
        sockets.push(socket);
        socket.on('error', () => undefined).resume();
      }).listen(0, '127.0.0.1');
      await once(server, 'listening');
      cleanups.push(() => {
        for (const socket of sockets) socket.destroy();
        server.close();
      });
      const address = server.address();
      if (address === null || typeof address === 'string') throw new Error('No port was given.');
      return address.port;
    }

    it('rejects every call in time, with its own connection', async () => {
      await expectAllRejected(open({ host: '127.0.0.1', port: await startSilentServer() }));
    });

    it("rejects every call in time, with the app's client", async () => {
      const port = await startSilentServer();
      await expectAllRejected(openOn(new Redis({ host: '127.0.0.1', port })));
      // Without the ready check, commands are sent.
      const hasty = { host: '127.0.0.1', port, enableReadyCheck: false, protocol: 2 } as const;
      await expectAllRejected(openOn(new Redis(hasty)));
    });

    it('replaces its own connection after some time', async () => {
      const port = await startSilentServer();
      open({ host: '127.0.0.1', port }, 20);
      await until(() => logger.ours('error').length > 0);
      expect(logger.ours('error')[0]).toContain('Socket timeout');
    });
  });

  describe('when Redis comes back', () => {
    it.each(['its own connection', "the app's client"])(
      'recovers with %s',
      async (whose) => {
        const server = await startRedis();
        const store =
          whose === 'its own connection' ? open(server.url) : openOn(new Redis(server.url));
        await claimed(store, newKey());

        await server.kill();
        await expectAllRejected(store);
        await server.start();

        await untilClaimed(store);
      },
      30_000,
    );

    it('logs one line for the outage and one for its end', async () => {
      const server = await startRedis();
      const store = open(server.url);
      await claimed(store, newKey());
      await server.kill();
      await until(() => logger.ours('error').length > 0);
      await expectAllRejected(store);
      await server.start();
      await untilClaimed(store);
      expect(logger.ours()).toEqual([
        expect.stringContaining('Redis cannot be reached'),
        expect.stringContaining('Redis can be reached again'),
      ]);
    }, 30_000);

    it.each(['its own connection', "the app's client"])(
      'releases a claim that succeeded too late, with %s',
      async (whose) => {
        const server = await startRedis();
        // A long limit for silence, so that the frozen server receives the claim and can respond to it.
        const store =
          whose === 'its own connection'
            ? open({ host: '127.0.0.1', port: server.port, socketTimeout: MINUTE })
            : openOn(new Redis(server.url));
        await claimed(store, newKey());
        const key = newKey();

        server.freeze();
        await rejectionOf(store.claim(key, 60 * MINUTE));
        server.thaw();

        let state = '';
        for (let tries = 0; tries < 100 && state !== 'claimed'; tries++) {
          await delay(20);
          state = await store.claim(key, MINUTE).then(
            (claim) => claim.state,
            () => 'rejected',
          );
        }
        expect(state).toBe('claimed');
      },
      30_000,
    );

    it('releases a claim that Redis may have executed, although an error arrived too late', async () => {
      // A stand-in, because a real server cannot be made to restart between the two sendings of ioredis.
      const sent: string[][] = [];
      const run = async (...keyAndArguments: string[]) => {
        sent.push(keyAndArguments);
        if (sent.length > 1) return null;
        await delay(60);
        throw new Error('READONLY You cannot write against a read only replica.');
      };
      const client: RedisClient & Record<string, unknown> = {
        status: 'ready',
        on: () => undefined,
        off: () => undefined,
        defineCommand: (name) => {
          client[name] = run;
        },
      };
      const store = new RedisNotificationStore({ client, commandTimeout: 20 });
      await rejectionOf(store.claim(newKey(), MINUTE));
      await until(() => sent.length === 2);
      const [claimOf, release] = sent;
      expect(release).toEqual(claimOf?.slice(0, 2));
    });

    it('releases a claim that was sent again after Redis had forgotten the script', async () => {
      const server = await startRedis();
      const store = open({ host: '127.0.0.1', port: server.port, socketTimeout: MINUTE });
      await claimed(store, newKey());
      const witness = new Redis(server.url);
      cleanups.push(() => {
        witness.disconnect();
      });
      await witness.script('FLUSH');
      const key = newKey();

      server.freeze();
      await rejectionOf(store.claim(key, 60 * MINUTE));
      server.thaw();

      let state = '';
      for (let tries = 0; tries < 100 && state !== 'claimed'; tries++) {
        await delay(20);
        state = await store.claim(key, MINUTE).then(
          (claim) => claim.state,
          () => 'rejected',
        );
      }
      expect(state).toBe('claimed');
    }, 30_000);

    it('does not send calls that were given up while there was no connection', async () => {
      const server = await startRedis();
      const store = open(server.url);
      await claimed(store, newKey());
      await server.kill();
      await until(() => logger.ours('error').length > 0);
      const key = newKey();
      await rejectionOf(store.claim(key, MINUTE));

      await server.start();
      await untilClaimed(store);

      const witness = new Redis(server.url);
      cleanups.push(() => {
        witness.disconnect();
      });
      await expect(witness.exists(`wechatpay-complaint:${key.mchid}:${key.id}`)).resolves.toBe(0);
    }, 30_000);

    it('treats a command that ioredis sends twice as one', async () => {
      const server = await startRedis();
      const client = new Redis(server.url, { retryStrategy: () => 10 });
      const store = new RedisNotificationStore({ client, commandTimeout: 10_000 });
      client.on('error', () => undefined);
      cleanups.push(() => {
        client.disconnect();
      });
      await claimed(store, newKey());

      server.freeze();
      const claim = store.claim(newKey(), MINUTE);
      await delay(50);
      // Redis has the first one in its buffer, and receives the second on the next connection.
      client.stream.destroy();
      server.thaw();

      await expect(claim).resolves.toMatchObject({ state: 'claimed' });
    }, 30_000);
  });

  describe('secrets', () => {
    const PASSWORD = 'open-sesame-4711';

    function expectNoSecret(...seen: unknown[]): void {
      for (const thing of seen) {
        expect(inspect(thing, { depth: 10, showHidden: true })).not.toContain(PASSWORD);
      }
      expect(logger.text).not.toContain(PASSWORD);
    }

    it('are used to log in', async () => {
      const { port } = await startRedis(['--requirepass', PASSWORD]);
      await expect(
        open(`redis://:${PASSWORD}@127.0.0.1:${port}`, 10_000).claim(newKey(), MINUTE),
      ).resolves.toMatchObject({ state: 'claimed' });
      expect(logger.ours()).toEqual([]);
    });

    it('stay out of errors and logs when the password is wrong', async () => {
      const { port } = await startRedis(['--requirepass', 'another']);
      const store = open(`redis://:${PASSWORD}@127.0.0.1:${port}`);
      await until(() => logger.ours('error').length > 0);
      const rejection = await rejectionOf(store.claim(newKey(), MINUTE));
      expect(rejection.message).toContain('WRONGPASS');
      expectNoSecret(rejection, JSON.stringify(rejection), rejection.stack);
    });

    it('stay out of errors and logs when an old server repeats an unknown command', async () => {
      const { port } = await startRedis([
        '--rename-command',
        'AUTH',
        '',
        '--rename-command',
        'HELLO',
        '',
      ]);
      const store = open({ host: '127.0.0.1', port, password: PASSWORD, protocol: 2 });
      await until(() => logger.ours('error').length > 0);
      const rejection = await rejectionOf(store.claim(newKey(), MINUTE));
      expect(rejection.message).toContain('unknown command');
      expectNoSecret(rejection, JSON.stringify(rejection), rejection.stack);
    });

    it('stay out of errors when nothing listens', async () => {
      const store = open(`redis://user:${PASSWORD}@127.0.0.1:${await freePort()}`);
      expectNoSecret(await rejectionOf(store.claim(newKey(), MINUTE)));
    });
  });
});
