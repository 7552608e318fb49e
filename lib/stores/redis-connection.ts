import { isNativeError } from 'node:util/types';
import { Cluster, type ClusterNode, type ClusterOptions, Redis, type RedisOptions } from 'ioredis';
import { errorMessage } from '../utils/error-message.js';
import { isJsonObject } from '../utils/json.js';

/** The two arguments of `Cluster` of ioredis. */
export interface RedisClusterConnection {
  readonly nodes: readonly ClusterNode[];
  readonly options?: ClusterOptions;
}

/**
 * The part of `Redis` and `Cluster` of ioredis that the store uses. Clients are recognised by it, because
 * an app may have another copy of ioredis than this package, such as that of BullMQ.
 */
export interface RedisClient {
  readonly status: string;
  defineCommand(name: string, definition: { numberOfKeys: number; lua: string }): void;
  on(event: 'ready' | 'end', listener: () => void): unknown;
  off(event: 'ready' | 'end', listener: () => void): unknown;
}

/** A `redis://` or `rediss://` URL, options of ioredis (`sentinels` included), or a cluster. */
export type RedisConnection = string | RedisOptions | RedisClusterConnection;

/**
 * How many time limits a connection may stay silent before it is replaced. TCP alone notices the silent
 * loss of a host after a quarter of an hour.
 */
const SILENCE = 5;
/** Milliseconds that a server has to close its side of a connection that the store closes. */
const DISCONNECT_TIMEOUT = 100;

/**
 * Opens a connection.
 *
 * @param commandTimeout milliseconds for one command
 * @throws TypeError if a URL is malformed
 */
export function connect(connection: RedisConnection, commandTimeout: number): Redis | Cluster {
  const defaults: RedisOptions = {
    socketTimeout: SILENCE * commandTimeout,
    disconnectTimeout: DISCONNECT_TIMEOUT,
    // After a failover the former master is a replica. Reconnecting finds the new master.
    reconnectOnError: ({ message }) => message.includes('READONLY'),
  };
  if (typeof connection === 'string') {
    assertUrl(connection);
    return new Redis(connection, defaults);
  }
  if (!('nodes' in connection)) return new Redis({ ...defaults, ...connection });
  const { nodes, options } = connection;
  return new Cluster([...nodes], {
    ...options,
    redisOptions: { ...defaults, ...options?.redisOptions },
  });
}

/** Done here, because the error of Node holds the URL with its password. */
function assertUrl(url: string): void {
  const isRedisUrl = /^rediss?:/.test(url) && URL.canParse(url);
  if (isRedisUrl && /^\/?\d*$/.test(new URL(url).pathname)) return;
  const problem = isRedisUrl
    ? 'names its database by other than a number'
    : 'is not a URL of Redis';
  throw new TypeError(
    `The connection of RedisNotificationStore ${problem}. ` +
      'Give redis://user:password@host:6379/0 with special characters percent-encoded.',
  );
}

export function isRedisClient(client: unknown): client is RedisClient {
  return (
    isJsonObject(client) &&
    typeof client.status === 'string' &&
    ['defineCommand', 'on', 'off'].every((name) => typeof client[name] === 'function')
  );
}

export function notIoredis(client: unknown): TypeError {
  const isNodeRedis = isJsonObject(client) && 'isOpen' in client;
  const what = isNodeRedis ? 'a client of node-redis' : 'not a client of ioredis';
  return new TypeError(
    `The client of RedisNotificationStore is ${what}. ` +
      "Give new Redis(...) of ioredis, or let the store connect: connection: 'redis://...'.",
  );
}

/** Runs a script on one key. */
export type Script = (key: string, ...args: string[]) => Promise<unknown>;

/** ioredis sends the digest of the script, or its text to a server that does not know it. */
export function defineScript(client: RedisClient, name: string, lua: string): Script {
  client.defineCommand(name, { numberOfKeys: 1, lua });
  const command: unknown = Reflect.get(client, name);
  if (typeof command !== 'function') throw notIoredis(client);
  // A promise in any case: the client of an app may throw.
  return (...keyAndArguments) =>
    new Promise((resolve) => {
      resolve(Reflect.apply(command, client, keyAndArguments));
    });
}

/** The database that the server does not have, if that is why a connection cannot be used. */
export function missingDatabase(error: unknown): string | undefined {
  if (!isNativeError(error) || !error.message.startsWith('ERR')) return undefined;
  const command: unknown = 'command' in error ? error.command : undefined;
  if (!isJsonObject(command) || command.name !== 'select') return undefined;
  return Array.isArray(command.args) ? command.args.join() : '';
}

export function reasonOf(error: unknown): string {
  // An old server repeats the arguments of a command that it does not know: for AUTH the password.
  const reason = errorMessage(error)
    .replace(/,? *with args beginning with.*/s, '')
    .replace(/\.$/, '');
  return isNativeError(error) && 'lastNodeError' in error
    ? `${reason} ${reasonOf(error.lastNodeError)}`
    : reason;
}

export function codeOf(error: unknown): string | undefined {
  return isNativeError(error) && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;
}
