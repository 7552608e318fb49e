import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { Redis } from 'ioredis';
import {
  type RedisClient,
  RedisNotificationStore,
  type RedisNotificationStoreConnection,
} from 'nestjs-wechatpay-complaint/redis';
import { NotificationStoreError } from '../../../lib/errors/notification-store.error.js';
import { RecordingLogger } from '../../support/recording-logger.js';
import { until } from '../../support/until.js';
import { claimed, MINUTE, newKey } from './notification-store.contract.js';
import { freePort, RedisServer } from '../../support/redis-server.js';

const COMMAND_TIMEOUT = 300;
/** Many times the limit, for a machine with much to do; queues of ioredis hold for minutes. */
const BOUNDED = 5000;

describe('RedisNotificationStore, when Redis is away', () => {
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
    // The app's own business: without a listener ioredis prints each error.
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

  async function refusalOf(call: Promise<unknown>): Promise<NotificationStoreError> {
    const start = performance.now();
    const error: unknown = await call.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(performance.now() - start).toBeLessThan(BOUNDED);
    if (!(error instanceof NotificationStoreError))
      throw new Error(`No refusal: ${inspect(error)}`);
    expect(error.code).toBe('STORE_UNAVAILABLE');
    return error;
  }

  async function expectAllRefused(store: RedisNotificationStore): Promise<void> {
    const key = newKey();
    await Promise.all([
      refusalOf(store.claim(key, MINUTE)),
      refusalOf(store.renew(key, 'token', MINUTE)),
      refusalOf(store.complete(key, 'token', MINUTE)),
      refusalOf(store.release(key, 'token')),
    ]);
  }

  /** Claims new notifications until one is granted. */
  async function untilGranted(store: RedisNotificationStore): Promise<void> {
    for (let tries = 0; tries < 100; tries++) {
      const claim = await store.claim(newKey(), MINUTE).catch(() => undefined);
      if (claim?.state === 'claimed') return;
      await delay(50);
    }
    throw new Error('The store did not recover.');
  }

  describe('nothing listens', () => {
    it('refuses every call in time, on its own connection', async () => {
      const port = await freePort();
      const store = open({ host: '127.0.0.1', port });
      await until(() => logger.ours('error').length > 0);
      await expectAllRefused(store);

      const { message, cause } = await refusalOf(store.claim(newKey(), MINUTE));
      expect(message).toContain('ECONNREFUSED');
      expect(message).toContain('See that Redis runs');
      expect(cause).toMatchObject({ code: 'TIMEOUT', message: expect.stringContaining('300 ms') });
    });

    it("refuses every call in time, on the app's connection", async () => {
      const client = new Redis({ host: '127.0.0.1', port: await freePort() });
      const store = openOn(client);
      await expectAllRefused(store);
      // ioredis was never given what it would send long after.
      expect(inspect(client, { depth: 4 })).not.toContain('evalsha');
    });

    it('says so once, not with every attempt', async () => {
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

    it('refuses at once after a shutdown', async () => {
      const reconnecting = { host: '127.0.0.1', port: await freePort() };
      for (const connection of [reconnecting, { nodes: [reconnecting] }]) {
        const store = open(connection, 60_000);
        await until(() => logger.ours('error').length > 0);
        await store.close();
        expect((await refusalOf(store.claim(newKey(), MINUTE))).message).toContain('shut down');
        logger.lines.splice(0);
      }
    });

    it('refuses at once when the connection was given up for good', async () => {
      const client = new Redis({ host: '127.0.0.1', port: await freePort(), retryStrategy: null });
      const store = openOn(client);
      const waiting = refusalOf(store.claim(newKey(), MINUTE));
      expect((await waiting).message).toContain('Connection is closed');
      expect((await refusalOf(store.claim(newKey(), MINUTE))).message).toContain(
        'Connection is closed',
      );
    });
  });

  describe('the server answers nothing', () => {
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

    it('refuses every call in time, on its own connection', async () => {
      await expectAllRefused(open({ host: '127.0.0.1', port: await startSilentServer() }));
    });

    it("refuses every call in time, on the app's connection", async () => {
      const port = await startSilentServer();
      await expectAllRefused(openOn(new Redis({ host: '127.0.0.1', port })));
      // Without the check whether Redis is ready, commands do leave.
      const hasty = { host: '127.0.0.1', port, enableReadyCheck: false, protocol: 2 } as const;
      await expectAllRefused(openOn(new Redis(hasty)));
    });

    it('replaces its own connection after a while', async () => {
      const port = await startSilentServer();
      open({ host: '127.0.0.1', port }, 20);
      await until(() => logger.ours('error').length > 0);
      expect(logger.ours('error')[0]).toContain('Socket timeout');
    });
  });

  describe('and comes back', () => {
    it.each(['its own connection', "the app's connection"])(
      'recovers by itself, on %s',
      async (whose) => {
        const server = await startRedis();
        const store =
          whose === 'its own connection' ? open(server.url) : openOn(new Redis(server.url));
        await claimed(store, newKey());

        await server.kill();
        await expectAllRefused(store);
        await server.start();

        await untilGranted(store);
      },
      30_000,
    );

    it('logs one line for the outage and one for its end', async () => {
      const server = await startRedis();
      const store = open(server.url);
      await claimed(store, newKey());
      await server.kill();
      await until(() => logger.ours('error').length > 0);
      await expectAllRefused(store);
      await server.start();
      await untilGranted(store);
      expect(logger.ours()).toEqual([
        expect.stringContaining('Redis cannot be reached'),
        expect.stringContaining('Redis can be reached again'),
      ]);
    }, 30_000);

    it.each(['its own connection', "the app's connection"])(
      'gives back a claim that was granted too late, on %s',
      async (whose) => {
        const server = await startRedis();
        // Slow to replace, so that the frozen server gets the claim and can answer it.
        const store =
          whose === 'its own connection'
            ? open({ host: '127.0.0.1', port: server.port, socketTimeout: MINUTE })
            : openOn(new Redis(server.url));
        await claimed(store, newKey());
        const key = newKey();

        server.freeze();
        await refusalOf(store.claim(key, 60 * MINUTE));
        server.thaw();

        let state = '';
        for (let tries = 0; tries < 100 && state !== 'claimed'; tries++) {
          await delay(20);
          state = await store.claim(key, MINUTE).then(
            (claim) => claim.state,
            () => 'refused',
          );
        }
        expect(state).toBe('claimed');
      },
      30_000,
    );

    it('gives back a claim that Redis may have granted before it forgot the script', async () => {
      // A stand-in: a real server cannot be made to restart between the two sendings of ioredis.
      const sent: string[][] = [];
      const client: RedisClient = {
        status: 'ready',
        on: () => undefined,
        off: () => undefined,
        eval: () => Promise.reject(new Error('not expected')),
        evalsha: async (_sha1, _keys, ...keyAndArguments) => {
          sent.push(keyAndArguments);
          if (sent.length > 1) return null;
          await delay(60);
          throw new Error('NOSCRIPT No matching script.');
        },
      };
      const store = new RedisNotificationStore({ client, commandTimeout: 20 });
      await refusalOf(store.claim(newKey(), MINUTE));
      await until(() => sent.length === 2);
      const [claimOf, release] = sent;
      expect(release).toEqual(claimOf?.slice(0, 2));
    });

    it('does not send what was given up while there was no connection', async () => {
      const server = await startRedis();
      const store = open(server.url);
      await claimed(store, newKey());
      await server.kill();
      await until(() => logger.ours('error').length > 0);
      const key = newKey();
      await refusalOf(store.claim(key, MINUTE));

      await server.start();
      await untilGranted(store);

      const witness = new Redis(server.url);
      cleanups.push(() => {
        witness.disconnect();
      });
      await expect(witness.exists(`wechatpay-complaint:${key.mchid}:${key.id}`)).resolves.toBe(0);
    }, 30_000);

    it('takes a command that ioredis sends twice for one', async () => {
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
      // Redis has the first in its buffer, and gets the second over the next connection.
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

    it('logs in with the password of a URL', async () => {
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
      const refusal = await refusalOf(store.claim(newKey(), MINUTE));
      expect(refusal.message).toContain('WRONGPASS');
      expectNoSecret(refusal, JSON.stringify(refusal), refusal.stack);
    });

    it('stay out of errors and logs when an old server repeats what it does not know', async () => {
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
      const refusal = await refusalOf(store.claim(newKey(), MINUTE));
      expect(refusal.message).toContain('unknown command');
      expectNoSecret(refusal, JSON.stringify(refusal), refusal.stack);
    });

    it('stay out of errors when nothing listens', async () => {
      const store = open(`redis://user:${PASSWORD}@127.0.0.1:${await freePort()}`);
      expectNoSecret(await refusalOf(store.claim(newKey(), MINUTE)));
    });
  });
});
