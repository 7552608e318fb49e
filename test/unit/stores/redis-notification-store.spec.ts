import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { Redis } from 'ioredis';
import { WechatPayComplaintModule } from 'nestjs-wechatpay-complaint';
import {
  type RedisClient,
  RedisNotificationStore,
  type RedisNotificationStoreOptions,
} from 'nestjs-wechatpay-complaint/redis';
import { createTestMerchant } from 'nestjs-wechatpay-complaint/testing';
import { NotificationStoreError } from '../../../lib/errors/notification-store.error.js';
import { RecordingLogger } from '../../support/recording-logger.js';
import { REDIS_URL } from '../../support/redis-server.js';
import { until } from '../../support/until.js';
import {
  behavesAsComplaintStore,
  behavesAsNotificationStore,
  claimed,
  MINUTE,
  newKey,
} from './notification-store.contract.js';

const keyPrefix = `wechatpay-complaint-test-${randomUUID()}:`;
const run = promisify(execFile);

describe('RedisNotificationStore', () => {
  let client: Redis;
  let logger: RecordingLogger;
  const opened: RedisNotificationStore[] = [];

  function open(options: Partial<RedisNotificationStoreOptions> = {}): RedisNotificationStore {
    const source = (options.client ?? options.connection) ? {} : { client };
    const store = new RedisNotificationStore({
      keyPrefix,
      // Long, because time limits are tested in redis-outage.spec.ts.
      commandTimeout: 10_000,
      ...source,
      ...options,
    } as RedisNotificationStoreOptions);
    opened.push(store);
    return store;
  }

  const nameOf = ({ mchid, id }: { mchid: string; id: string }) => `${keyPrefix}${mchid}:${id}`;

  beforeAll(async () => {
    client = new Redis(REDIS_URL, { lazyConnect: true, retryStrategy: null });
    // Fails without Redis: these tests prove that nothing is handled twice.
    await client.connect();
  });
  beforeEach(() => {
    logger = new RecordingLogger();
    Logger.overrideLogger(logger);
  });
  afterEach(async () => {
    for (const store of opened.splice(0)) await store.close();
  });
  afterAll(async () => {
    for await (const keys of client.scanStream({ match: `${keyPrefix}*`, count: 1000 })) {
      if (Array.isArray(keys) && keys.length > 0) await client.del(...keys.map(String));
    }
    client.disconnect();
  });

  describe('as a store, with a client of the app', () => {
    behavesAsNotificationStore(() => open());
    behavesAsComplaintStore(() => open());
  });

  describe('as a store, with a connection of its own', () => {
    let store: RedisNotificationStore;
    behavesAsNotificationStore(() => {
      store = new RedisNotificationStore({ connection: REDIS_URL, keyPrefix });
      return store;
    });
    afterAll(async () => {
      await store.close();
    });
  });

  it('gives a notification to exactly one of many connections', async () => {
    const stores = Array.from({ length: 8 }, () => open({ connection: REDIS_URL }));
    const key = newKey();
    const claims = await Promise.all(
      Array.from({ length: 25 }, () => stores.map((store) => store.claim(key, MINUTE))).flat(),
    );
    expect(claims.filter((claim) => claim.state === 'claimed')).toHaveLength(1);
  });

  it('has one key per notification, which expires', async () => {
    const store = open();
    const key = newKey();
    const token = await claimed(store, key, MINUTE);
    await expect(client.get(nameOf(key))).resolves.toBe(`claimed:${token}`);
    const lease = await client.pttl(nameOf(key));
    expect(lease).toBeGreaterThan(0);
    expect(lease).toBeLessThanOrEqual(MINUTE);

    await store.complete(key, token, 60 * MINUTE);
    await expect(client.get(nameOf(key))).resolves.toBe(`done:${token}`);
    const retention = await client.pttl(nameOf(key));
    expect(retention).toBeGreaterThan(MINUTE);
    expect(retention).toBeLessThanOrEqual(60 * MINUTE);
  });

  it('names its keys wechatpay-complaint:<mchid>:<id> by default', async () => {
    const store = open({ keyPrefix: undefined });
    const key = newKey();
    const token = await claimed(store, key);
    await expect(client.exists(`wechatpay-complaint:${key.mchid}:${key.id}`)).resolves.toBe(1);
    await store.release(key, token);
    await expect(client.exists(`wechatpay-complaint:${key.mchid}:${key.id}`)).resolves.toBe(0);
  });

  it('makes one round trip per claim', async () => {
    const store = open({ connection: REDIS_URL });
    await claimed(store, newKey());
    const monitor = await client.duplicate().monitor();
    const seen: string[] = [];
    monitor.on('monitor', (_time: string, args: string[], source: string) => {
      if (source !== 'lua' && args.some((arg) => arg.startsWith(keyPrefix)))
        seen.push(args[0] ?? '');
    });
    for (let index = 0; index < 10; index++) await claimed(store, newKey());
    await until(() => seen.length >= 10);
    monitor.disconnect();
    expect(new Set(seen.map((name) => name.toLowerCase()))).toEqual(new Set(['evalsha']));
    expect(seen).toHaveLength(10);
  });

  it('works after Redis has forgotten the scripts', async () => {
    const store = open();
    const key = newKey();
    await client.script('FLUSH');
    const token = await claimed(store, key);
    await client.script('FLUSH');
    await expect(store.claim(key, MINUTE)).resolves.toEqual({ state: 'in-progress' });
    await client.script('FLUSH');
    await expect(store.release(key, token)).resolves.toBe(true);
    await expect(store.claim(key, MINUTE)).resolves.toMatchObject({ state: 'claimed' });
  });

  it('connects a lazy client of the app', async () => {
    const lazy = new Redis(REDIS_URL, { lazyConnect: true });
    await expect(open({ client: lazy }).claim(newKey(), MINUTE)).resolves.toMatchObject({
      state: 'claimed',
    });
    lazy.disconnect();
  });

  it('waits for a client of the app that is still connecting, with one listener for all calls', async () => {
    const connecting = new Redis(REDIS_URL);
    const store = open({ client: connecting });
    const before = connecting.listenerCount('ready');
    const claims = Array.from({ length: 50 }, () => store.claim(newKey(), MINUTE));
    expect(connecting.listenerCount('ready')).toBe(before);
    for (const { state } of await Promise.all(claims)) expect(state).toBe('claimed');
    connecting.disconnect();
  });

  it('rejects with the reason of Redis', async () => {
    const store = open();
    const key = newKey();
    await client.hset(nameOf(key), 'field', 'value');
    const rejected = store.claim(key, MINUTE);
    await expect(rejected).rejects.toBeInstanceOf(NotificationStoreError);
    await expect(rejected).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringContaining('WRONGTYPE'),
    });
  });

  describe('with a client that behaves otherwise than ioredis', () => {
    function claimWith(run: (...keyAndArguments: string[]) => unknown) {
      const client: RedisClient & Record<string, unknown> = {
        status: 'ready',
        on: () => undefined,
        off: () => undefined,
        defineCommand: (name) => {
          client[name] = run;
        },
      };
      return open({ client }).claim(newKey(), MINUTE);
    }

    it.each([undefined, 1, true])('does not take the response %s for a claim', async (response) => {
      await expect(claimWith(() => Promise.resolve(response))).rejects.toBeInstanceOf(
        NotificationStoreError,
      );
    });

    it('names every reason of Node after it has tried every address of a host', async () => {
      const reasons = ['connect ECONNREFUSED ::1:1', 'connect ECONNREFUSED 127.0.0.1:1'];
      const error = Object.assign(new AggregateError(reasons.map((reason) => new Error(reason))), {
        code: 'ECONNREFUSED',
      });
      await expect(claimWith(() => Promise.reject(error))).rejects.toMatchObject({
        message: expect.stringContaining(reasons.join('; ')),
        cause: expect.objectContaining({ code: 'ECONNREFUSED' }),
      });
    });

    it('rejects if the client throws', async () => {
      const fail = () => {
        throw new Error('gone');
      };
      await expect(claimWith(fail)).rejects.toMatchObject({
        message: expect.stringContaining('failed: gone.'),
      });
    });
  });

  it('claims thousands of notifications per second', async () => {
    const store = open();
    const start = performance.now();
    await Promise.all(Array.from({ length: 10_000 }, () => claimed(store, newKey())));
    const rate = Math.round(10_000 / ((performance.now() - start) / 1000));
    process.stdout.write(`RedisNotificationStore: ${rate} claims per second, 10 000 at once\n`);
    expect(rate).toBeGreaterThan(500);
  }, 60_000);

  describe('on shutdown', () => {
    it('closes its own connection, and rejects later calls with that reason', async () => {
      const store = open({ connection: `${REDIS_URL}?connectionName=${keyPrefix}own` });
      const { options } = await createTestMerchant();
      const moduleRef = await Test.createTestingModule({
        imports: [WechatPayComplaintModule.forRoot({ ...options, store })],
      }).compile();
      await claimed(store, newKey());
      const isConnected = async () =>
        String(await client.client('LIST')).includes(`${keyPrefix}own`);
      await expect(isConnected()).resolves.toBe(true);

      await moduleRef.init();
      await moduleRef.close();

      const gone = async (): Promise<void> => {
        for (let tries = 0; (await isConnected()) && tries < 1000; tries++);
      };
      await gone();
      await expect(isConnected()).resolves.toBe(false);
      await expect(store.claim(newKey(), MINUTE)).rejects.toMatchObject({
        message: expect.stringContaining('closed when the app shut down'),
      });
      // A second time does no harm, and nothing is logged.
      await store.close();
      expect(logger.ours()).toEqual([]);
    });

    it("leaves the app's client open", async () => {
      const store = open();
      await store.close();
      await expect(client.ping()).resolves.toBe('PONG');
      await expect(store.claim(newKey(), MINUTE)).resolves.toMatchObject({ state: 'claimed' });
    });

    it('lets the process end', async () => {
      const script = `
        import { RedisNotificationStore } from 'nestjs-wechatpay-complaint/redis';
        const store = new RedisNotificationStore({
          connection: '${REDIS_URL}', keyPrefix: '${keyPrefix}',
        });
        const { state } = await store.claim({ mchid: '1', id: 'process' }, 60_000);
        await store.close();
        console.log(state);`;
      const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', script], {
        timeout: 20_000,
      });
      expect(stdout.trim()).toBe('claimed');
    }, 30_000);
  });

  describe('rejects', () => {
    it.each([
      ['neither client nor connection', {}, 'neither'],
      ['both of them', { client: {}, connection: REDIS_URL }, 'both'],
      ['no time', { connection: REDIS_URL, commandTimeout: 0 }, 'commandTimeout'],
      [
        'a time that never ends',
        { connection: REDIS_URL, commandTimeout: Infinity },
        'commandTimeout',
      ],
      ['a client of another library', { client: { isOpen: true } }, 'node-redis'],
      ['a URL that is not one of Redis', { connection: 'localhost' }, 'is not a URL'],
    ])('%s', (_name, options, words) => {
      const create = () => new RedisNotificationStore(options as RedisNotificationStoreOptions);
      expect(create).toThrow(words);
    });
  });
});
