import { describe, expect, it } from '@jest/globals';
import { Cluster, Redis } from 'ioredis';
import {
  codeOf,
  connect,
  defineScript,
  isRedisClient,
  missingDatabase,
  notIoredis,
  reasonOf,
  type RedisClient,
} from '../../../lib/stores/redis-connection.js';

describe('connect', () => {
  it.each([
    'redis://127.0.0.1',
    'redis://127.0.0.1:6379/',
    'redis://127.0.0.1:6379/0',
    'redis://user:p%40ss@127.0.0.1:6379/15?connectionName=shop',
    'rediss://127.0.0.1:6379/1',
  ])('accepts the URL %s', (url) => {
    const client = connect(url, 1000);
    client.on('error', () => undefined);

    expect(client).toBeInstanceOf(Redis);
    client.disconnect();
  });

  it.each([
    ['a host alone', 'localhost', 'is not a URL of Redis'],
    ['a port that is no number', 'redis://:sesame@host:port', 'is not a URL of Redis'],
    ['another scheme', 'http://:sesame@host', 'is not a URL of Redis'],
    ['a database with a name', 'redis://:sesame@host/shop', 'by other than a number'],
    ['a path of two parts', 'redis://:sesame@host/0/1', 'by other than a number'],
  ])('rejects a URL with %s, without its password', (_what, url, words) => {
    expect(() => connect(url, 1000)).toThrow(words);
    expect(() => connect(url, 1000)).not.toThrow('sesame');
  });

  it('accepts options of ioredis, which win over those of the store', () => {
    const client = connect({ lazyConnect: true, socketTimeout: 7 }, 1000);

    expect(client).toBeInstanceOf(Redis);
    expect(client.options).toMatchObject({ lazyConnect: true, socketTimeout: 7 });
    client.disconnect();
  });

  it('gives a server a tenth of a second to close its side of a connection', () => {
    const client = connect({ lazyConnect: true }, 1000);

    expect(client.options).toMatchObject({ disconnectTimeout: 100 });
    client.disconnect();
  });

  it('accepts a cluster', () => {
    const nodes = [{ host: '127.0.0.1', port: 6379 }];
    const client = connect({ nodes, options: { lazyConnect: true } }, 1000);

    expect(client).toBeInstanceOf(Cluster);
    expect(client.options).toMatchObject({ redisOptions: { socketTimeout: 5000 } });
    client.disconnect();
  });
});

describe('isRedisClient', () => {
  const client = {
    status: 'ready',
    defineCommand: () => undefined,
    on: () => undefined,
    off: () => undefined,
  };

  it('recognises Redis and Cluster of ioredis', () => {
    const redis = new Redis({ lazyConnect: true });
    const cluster = new Cluster([], { lazyConnect: true });

    expect([redis, cluster].map(isRedisClient)).toEqual([true, true]);
    redis.disconnect();
    cluster.disconnect();
  });

  it('recognises a client of another copy of ioredis by its shape', () => {
    expect(isRedisClient(client)).toBe(true);
  });

  it.each([
    ['nothing', undefined],
    ['a URL', 'redis://127.0.0.1'],
    ['an empty object', {}],
    ['a client of node-redis', { isOpen: true, on: client.on, off: client.off }],
    ['a client without a status', { ...client, status: undefined }],
    ['a client without defineCommand', { ...client, defineCommand: undefined }],
  ])('does not recognise %s', (_what, other) => {
    expect(isRedisClient(other)).toBe(false);
  });
});

describe('notIoredis', () => {
  it('names node-redis, and the fix', () => {
    expect(notIoredis({ isOpen: true }).message).toMatch(
      /is a client of node-redis\. Give new Redis\(\.\.\.\) of ioredis, or let the store connect/,
    );
  });

  it('names the fix for any other object', () => {
    expect(notIoredis({}).message).toMatch(/is not a client of ioredis\. Give new Redis/);
  });
});

describe('defineScript', () => {
  it('calls the command that the client has defined', async () => {
    const calls: unknown[] = [];
    const client: RedisClient & Record<string, unknown> = {
      status: 'ready',
      on: () => undefined,
      off: () => undefined,
      defineCommand: (name, definition) => {
        calls.push([name, definition]);
        client[name] = (...args: string[]) => Promise.resolve(args.join());
      },
    };
    const script = defineScript(client, 'get', 'return 1');

    await expect(script('key', 'a', 'b')).resolves.toBe('key,a,b');
    expect(calls).toEqual([['get', { numberOfKeys: 1, lua: 'return 1' }]]);
  });

  it('rejects a client that has not defined it', () => {
    const client = {
      status: 'ready',
      on: () => undefined,
      off: () => undefined,
      defineCommand: () => undefined,
    };

    expect(() => defineScript(client, 'get', 'return 1')).toThrow('not a client of ioredis');
  });
});

describe('missingDatabase', () => {
  const select = (message: string) =>
    Object.assign(new Error(message), { command: { name: 'select', args: ['999'] } });

  it('returns the database of a SELECT that has failed', () => {
    expect(missingDatabase(select('ERR DB index is out of range'))).toBe('999');
    expect(missingDatabase(select('ERR SELECT is not allowed in cluster mode'))).toBe('999');
  });

  it.each([
    ['a login that is missing', select('NOAUTH Authentication required.')],
    ['another command', Object.assign(new Error('ERR syntax'), { command: { name: 'set' } })],
    ['an error without a command', new Error('ERR DB index is out of range')],
    ['no error', 'ERR DB index is out of range'],
  ])('returns nothing for %s', (_what, error) => {
    expect(missingDatabase(error)).toBeUndefined();
  });
});

describe('reasonOf and codeOf', () => {
  it('drop the arguments that an old server repeats', () => {
    const error = new Error("ERR unknown command 'AUTH', with args beginning with: 'sesame', ");

    expect(reasonOf(error)).toBe("ERR unknown command 'AUTH'");
  });

  it('add the reason of the last node of a cluster', () => {
    const error = Object.assign(new Error('Failed to refresh slots cache.'), {
      lastNodeError: new Error('Connection is closed.'),
    });

    expect(reasonOf(error)).toBe('Failed to refresh slots cache Connection is closed');
  });

  it('accept a reason that is not an Error', () => {
    expect(reasonOf('gone')).toBe('gone');
  });

  it('name a code only if it is text', () => {
    expect(codeOf(Object.assign(new Error('x'), { code: 'ECONNREFUSED' }))).toBe('ECONNREFUSED');
    expect(codeOf(Object.assign(new Error('x'), { code: 7 }))).toBeUndefined();
    expect(codeOf('x')).toBeUndefined();
  });
});
