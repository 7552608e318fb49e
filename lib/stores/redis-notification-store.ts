import { createHash, randomUUID } from 'node:crypto';
import { isNativeError } from 'node:util/types';
import { Logger } from '@nestjs/common';
import { Cluster, type ClusterNode, type ClusterOptions, Redis, type RedisOptions } from 'ioredis';
import type {
  NotificationClaim,
  NotificationKey,
  NotificationStore,
} from './notification-store.interface.js';
import { NotificationStoreError } from '../errors/notification-store.error.js';
import { LOGGER_CONTEXT } from '../wechatpay-complaint.constants.js';

export interface RedisNotificationStoreSettings {
  /** Begins the name of every key; `<mchid>:<id>` follows. @default 'wechatpay-complaint:' */
  readonly keyPrefix?: string;
  /**
   * Milliseconds that a call may take in all, waiting for a connection included.
   * @default 1000
   */
  readonly commandTimeout?: number;
}

/** A connection of the app: it stays the app's to watch and to close. */
export interface RedisNotificationStoreClient {
  readonly client: RedisClient;
  readonly connection?: undefined;
}

/** A connection of the store's own: it reconnects by itself and is closed on shutdown. */
export interface RedisNotificationStoreConnection {
  readonly client?: undefined;
  /** A `redis://` or `rediss://` URL, options of ioredis (with `sentinels`, too), or a cluster. */
  readonly connection: string | RedisOptions | RedisClusterConnection;
}

export type RedisNotificationStoreOptions = RedisNotificationStoreSettings &
  (RedisNotificationStoreClient | RedisNotificationStoreConnection);

/** The two arguments of ioredis' `Cluster`. */
export interface RedisClusterConnection {
  readonly nodes: readonly ClusterNode[];
  readonly options?: ClusterOptions;
}

/**
 * What is needed of `Redis` or `Cluster` of ioredis: told by shape, because an app may well hold a
 * copy of ioredis other than this package's, such as that of BullMQ.
 */
export interface RedisClient {
  readonly status: string;
  eval(script: string, keys: number, ...keysAndArguments: string[]): Promise<unknown>;
  evalsha(sha1: string, keys: number, ...keysAndArguments: string[]): Promise<unknown>;
  on(event: 'ready' | 'end', listener: () => void): unknown;
  off(event: 'ready' | 'end', listener: () => void): unknown;
}

interface Script {
  readonly lua: string;
  readonly sha1: string;
}

/**
 * Claims, renews and completes: writes unless another holds the key. A key that is gone was nobody's
 * since the lease lapsed, or is not any more. What the caller has written itself is written again:
 * ioredis sends a command twice when a connection broke before the answer came.
 */
const PUT = script(`
local held = redis.call('GET', KEYS[1])
if held and held ~= ARGV[1] and held ~= ARGV[2] then return held end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return false`);

const RELEASE = script(`
local held = redis.call('GET', KEYS[1])
if held and held ~= ARGV[1] then return held end
redis.call('DEL', KEYS[1])
return false`);

const DONE = 'done:';
const CLAIMED = 'claimed:';

/** States in which ioredis would queue a command, for who knows how long. */
const NOT_CONNECTED: readonly string[] = [
  'connecting',
  'connect',
  'reconnecting',
  'close',
  'disconnecting',
];

/**
 * How many time limits a connection may owe an answer before it is replaced: TCP alone notices the
 * silent loss of a host after a quarter of an hour.
 */
const SILENCE = 5;

/**
 * Remembers in Redis, for any number of processes: one key per notification, each change one script
 * on that key, expiry on Redis' own clock. Single node, Sentinel or Cluster.
 *
 * Redis has to keep what it is told: `maxmemory-policy noeviction`, and persistence if it is to
 * survive its own restart. A failover may lose the last writes, as Redis replicates behind their
 * answers: such a notification may be handled twice.
 *
 * A call that gets no answer in time rejects, though Redis may have done it all the same. A claim
 * that turns out so is given back when the answer comes, and lapses with its lease if none does;
 * until then repetitions are told `in-progress`.
 */
export class RedisNotificationStore implements NotificationStore {
  private readonly logger = new Logger(LOGGER_CONTEXT);
  private readonly client: RedisClient;
  private readonly own?: Redis | Cluster;
  private readonly keyPrefix: string;
  private readonly commandTimeout: number;
  private readonly waiting = new Set<() => void>();
  /** Why the store's own connection is down, if it is. */
  private outage?: string;
  private closed = false;

  constructor(options: RedisNotificationStoreOptions) {
    assertOptions(options);
    this.keyPrefix = options.keyPrefix ?? 'wechatpay-complaint:';
    this.commandTimeout = options.commandTimeout ?? 1000;
    if (options.client) {
      this.client = options.client;
    } else {
      this.own = connect(options.connection, this.commandTimeout);
      this.watch(this.own);
      this.client = this.own;
    }
    // One listener of each kind, however many calls wait: these are counted by Node.
    this.client.on('ready', this.wake);
    this.client.on('end', this.wake);
  }

  private readonly wake = (): void => {
    for (const goOn of this.waiting) goOn();
  };

  async claim(key: NotificationKey, lease: number): Promise<NotificationClaim> {
    const token = randomUUID();
    const claimed = CLAIMED + token;
    const held = await this.run(PUT, key, [claimed, claimed, milliseconds(lease)], (late) => {
      // The next repetition need not wait for the lease to lapse. If it must, so be it.
      if (late === null) this.release(key, token).catch(() => undefined);
    });
    if (held === null) return { state: 'claimed', token };
    return { state: held.startsWith(DONE) ? 'done' : 'in-progress' };
  }

  async renew(key: NotificationKey, token: string, lease: number): Promise<boolean> {
    const claimed = CLAIMED + token;
    return (await this.run(PUT, key, [claimed, claimed, milliseconds(lease)])) === null;
  }

  async complete(key: NotificationKey, token: string, retention: number): Promise<boolean> {
    const args = [CLAIMED + token, DONE + token, milliseconds(retention)];
    return (await this.run(PUT, key, args)) === null;
  }

  async release(key: NotificationKey, token: string): Promise<boolean> {
    return (await this.run(RELEASE, key, [CLAIMED + token])) === null;
  }

  /** Closes the store's own connection; one of the app's is left alone. */
  close(): Promise<void> {
    if (!this.own) {
      this.client.off('ready', this.wake);
      this.client.off('end', this.wake);
    } else if (!this.closed) {
      this.closed = true;
      this.own.disconnect();
    }
    return Promise.resolve();
  }

  /**
   * Runs a script within the time limit.
   *
   * @param onLate is told an answer that came after the limit
   * @returns what the key holds, if that kept the script from doing anything; otherwise null
   */
  private run(
    { lua, sha1 }: Script,
    { mchid, id }: NotificationKey,
    args: readonly string[],
    onLate?: (held: string | null) => void,
  ): Promise<string | null> {
    // ioredis does not always notice that it was closed while it was connecting anew.
    if (this.closed) return Promise.reject(this.unavailable('Connection is closed'));
    const keyAndArguments = [`${this.keyPrefix}${mchid}:${id}`, ...args];
    return new Promise((resolve, reject) => {
      let late = false;
      const send = async (): Promise<void> => {
        this.waiting.delete(goOn);
        const reply = await this.client
          .evalsha(sha1, 1, ...keyAndArguments)
          .catch((error: unknown) => {
            // A new server, or one that was told to forget: the text goes along this once.
            if (!late && isNativeError(error) && error.message.startsWith('NOSCRIPT')) {
              return this.client.eval(lua, 1, ...keyAndArguments);
            }
            // ioredis sends again after a broken connection: the first sending may have been done.
            if (late) onLate?.(null);
            throw error;
          });
        // Null lets a handler run: nothing else must pass for it.
        if (reply !== null && typeof reply !== 'string') {
          throw new Error(`a script was answered with the type ${typeof reply}`);
        }
        if (late) onLate?.(reply);
        clearTimeout(timer);
        resolve(reply);
      };
      const goOn = (): void => {
        send().catch((error: unknown) => {
          clearTimeout(timer);
          reject(this.unavailable(reasonOf(error), codeOf(error)));
        });
      };
      const timer = setTimeout(() => {
        late = true;
        this.waiting.delete(goOn);
        const outage = this.outage === undefined ? '' : ` (${this.outage})`;
        reject(this.unavailable(`no answer within ${this.commandTimeout} ms${outage}`, 'TIMEOUT'));
      }, this.commandTimeout);
      // Kept here rather than in the queue of ioredis, which would send it long after it was given
      // up; and a connection that was closed for good says so at once.
      if (NOT_CONNECTED.includes(this.client.status)) this.waiting.add(goOn);
      else goOn();
    });
  }

  /** One line when the connection is lost, and one when it is back. */
  private watch(client: Redis | Cluster): void {
    client.on('error', (error: unknown) => {
      const known = this.outage !== undefined;
      this.outage = reasonOf(error);
      if (known || this.closed) return;
      this.logger.error(
        `Redis cannot be reached, notifications are refused until it can: ${this.outage}`,
      );
    });
    client.on('ready', () => {
      if (this.outage === undefined) return;
      this.outage = undefined;
      this.logger.log('Redis can be reached again.');
    });
  }

  /** Without the error of ioredis: that one holds the command, which for AUTH is the password. */
  private unavailable(reason: string, code?: string): NotificationStoreError {
    const advice = this.closed
      ? 'It was closed when the app shut down.'
      : 'See that Redis runs, and that RedisNotificationStore is told where and how to log in.';
    const cause = new Error(reason);
    return new NotificationStoreError(
      `The notification store in Redis failed: ${reason}. ${advice}`,
      code === undefined ? cause : Object.assign(cause, { code }),
    );
  }
}

function script(lua: string): Script {
  return { lua, sha1: createHash('sha1').update(lua).digest('hex') };
}

/** Redis takes whole ones above zero. */
function milliseconds(value: number): string {
  return String(Math.max(1, Math.ceil(value)));
}

function connect(
  connection: RedisNotificationStoreConnection['connection'],
  commandTimeout: number,
): Redis | Cluster {
  const defaults: RedisOptions = {
    socketTimeout: SILENCE * commandTimeout,
    // The master that this was is a replica now: the new one is found by connecting anew.
    reconnectOnError: ({ message }) => message.includes('READONLY'),
  };
  if (typeof connection === 'string') {
    // Checked here, because the error of Node would hold the URL with its password.
    if (!/^rediss?:/.test(connection) || !URL.canParse(connection)) {
      throw new TypeError(
        'The connection of RedisNotificationStore is not a URL of Redis. Give ' +
          'redis://user:password@host:6379/0, special characters percent-encoded.',
      );
    }
    return new Redis(connection, defaults);
  }
  if (!('nodes' in connection)) return new Redis({ ...defaults, ...connection });
  const { nodes, options } = connection;
  return new Cluster([...nodes], {
    ...options,
    redisOptions: { ...defaults, ...options?.redisOptions },
  });
}

function assertOptions({ client, connection, commandTimeout = 1 }: RedisNotificationStoreOptions) {
  if ((client === undefined) === (connection === undefined)) {
    throw new TypeError(
      'RedisNotificationStore needs either client, an ioredis client of the app, or connection, ' +
        `for one of its own: it was given ${client === undefined ? 'neither' : 'both'}.`,
    );
  }
  if (!(commandTimeout >= 1 && commandTimeout <= MAX_TIMEOUT)) {
    throw new RangeError(
      `commandTimeout of RedisNotificationStore is not from 1 to ${MAX_TIMEOUT}. ` +
        'Give milliseconds, well below the 5 s in which WeChat Pay wants its answer.',
    );
  }
}

/** A minute: a notification that waits longer is repeated anyway. */
const MAX_TIMEOUT = 60_000;

function reasonOf(error: unknown): string {
  if (!isNativeError(error)) return String(error);
  const message =
    error.message === '' && 'errors' in error && Array.isArray(error.errors)
      ? // What Node throws when it has tried every address of a host.
        error.errors.map(reasonOf).join('; ')
      : error.message;
  const ofNode = 'lastNodeError' in error ? ` ${reasonOf(error.lastNodeError)}` : '';
  // A server too old for a command repeats its arguments, which for HELLO and AUTH is the password.
  return message.replace(/,? *with args beginning with.*/s, '').replace(/\.$/, '') + ofNode;
}

function codeOf(error: unknown): string | undefined {
  return isNativeError(error) && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;
}
