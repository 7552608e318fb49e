import { randomUUID } from 'node:crypto';
import { Logger } from '@nestjs/common';
import type { Cluster, Redis } from 'ioredis';
import type {
  ComplaintKey,
  ComplaintRecord,
  NotificationClaim,
  NotificationKey,
  NotificationStore,
} from './notification-store.interface.js';
import { NotificationStoreError } from '../errors/notification-store.error.js';
import {
  codeOf,
  connect,
  defineScript,
  missingDatabase,
  isRedisClient,
  notIoredis,
  reasonOf,
  type RedisClient,
  type RedisConnection,
  type Script,
} from './redis-connection.js';
import { LOGGER_CONTEXT } from '../wechatpay-complaint.constants.js';

export interface RedisNotificationStoreSettings {
  /**
   * Start of the name of every key. `<mchid>:<id>` follows for a notification, and
   * `complaint:<mchid>:<complaint id>` for what reconciliation remembers.
   * @default 'wechatpay-complaint:'
   */
  readonly keyPrefix?: string;
  /** Milliseconds for a call, including the wait for a connection. @default 1000 */
  readonly commandTimeout?: number;
}

/** Uses a client of the app, which the app itself monitors and closes. */
export interface RedisNotificationStoreClient {
  readonly client: RedisClient;
  readonly connection?: undefined;
}

/** Makes the store open a connection of its own, which reconnects and is closed on shutdown. */
export interface RedisNotificationStoreConnection {
  readonly client?: undefined;
  readonly connection: RedisConnection;
}

export type RedisNotificationStoreOptions = RedisNotificationStoreSettings &
  (RedisNotificationStoreClient | RedisNotificationStoreConnection);

/**
 * Claims, renews and completes: writes unless somebody else holds the key. A key that does not exist
 * belongs to nobody. The caller's own value is written again, because ioredis sends a command twice if
 * a connection breaks before the response arrives.
 */
const PUT = `
local held = redis.call('GET', KEYS[1])
if held and held ~= ARGV[1] and held ~= ARGV[2] then return held end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return false`;

const RELEASE = `
local held = redis.call('GET', KEYS[1])
if held and held ~= ARGV[1] then return held end
redis.call('DEL', KEYS[1])
return false`;

/** Returns fields and values by turns, one a line. */
const READ_COMPLAINT = `return table.concat(redis.call('HGETALL', KEYS[1]), '\\n')`;

/** Keeps a time unless the new one is later; `seen` is no time. */
const WRITE_COMPLAINT = `
for index = 2, #ARGV, 2 do
  local field, value = ARGV[index], ARGV[index + 1]
  local known = redis.call('HGET', KEYS[1], field)
  if field == 'seen' or not known or tonumber(known) < tonumber(value) then
    redis.call('HSET', KEYS[1], field, value)
  end
end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return false`;

/** By a script, like everything else: a user of Redis may be allowed PING and no scripts. */
const PING = `
redis.call('EXISTS', KEYS[1])
return false`;

const DONE = 'done:';
const CLAIMED = 'claimed:';

/** States in which ioredis queues commands, for an unknown time. */
const NOT_CONNECTED: readonly string[] = [
  'connecting',
  'connect',
  'reconnecting',
  'close',
  'disconnecting',
];

/**
 * Remembers notifications in Redis, for any number of processes: one key per notification and per
 * complaint, one script per call and key, expiry on the clock of Redis. Works with a single node, Sentinel and Cluster.
 *
 * Redis must keep what it stores: set `maxmemory-policy noeviction`, and enable persistence if it is
 * to survive its own restart. Replication is asynchronous, so a failover may lose the last writes; the
 * notifications concerned may be handled twice.
 *
 * A call without a response in time rejects, although Redis may have executed it. If a claim turns out
 * to have succeeded, it is released when its response arrives; without a response it expires with its
 * lease. Until then redeliveries get `in-progress`.
 */
export class RedisNotificationStore implements NotificationStore {
  private readonly logger = new Logger(LOGGER_CONTEXT);
  private readonly client: RedisClient;
  private readonly put: Script;
  private readonly remove: Script;
  private readonly readComplaint: Script;
  private readonly mergeComplaint: Script;
  private readonly probe: Script;
  private readonly own?: Redis | Cluster;
  private readonly keyPrefix: string;
  private readonly commandTimeout: number;
  /** Calls that wait for a connection. */
  private readonly waiting = new Set<() => void>();
  /** Why the store's own connection is down, if it is. */
  private outage?: string;
  /** Why the store rejects every call for good, if it does. */
  private closed?: string;

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
    this.put = defineScript(this.client, 'wechatpayComplaintPut', PUT);
    this.remove = defineScript(this.client, 'wechatpayComplaintRelease', RELEASE);
    this.readComplaint = defineScript(
      this.client,
      'wechatpayComplaintReadComplaint',
      READ_COMPLAINT,
    );
    this.mergeComplaint = defineScript(
      this.client,
      'wechatpayComplaintWriteComplaint',
      WRITE_COMPLAINT,
    );
    this.probe = defineScript(this.client, 'wechatpayComplaintPing', PING);
    // One listener of each kind for all calls that wait, because Node warns about many listeners.
    this.client.on('ready', this.wake);
    this.client.on('end', this.wake);
  }

  private readonly wake = (): void => {
    for (const goOn of this.waiting) goOn();
  };

  async claim(key: NotificationKey, lease: number): Promise<NotificationClaim> {
    const token = randomUUID();
    const claimed = CLAIMED + token;
    const name = this.nameOf(key);
    const held = await this.run(this.put, name, [claimed, claimed, milliseconds(lease)], (late) => {
      // The next redelivery need not wait for the lease to expire. If this fails, it has to.
      if (late === null) this.release(key, token).catch(() => undefined);
    });
    if (held === null) return { state: 'claimed', token };
    return { state: held.startsWith(DONE) ? 'done' : 'in-progress' };
  }

  async renew(key: NotificationKey, token: string, lease: number): Promise<boolean> {
    const claimed = CLAIMED + token;
    return (
      (await this.run(this.put, this.nameOf(key), [claimed, claimed, milliseconds(lease)])) === null
    );
  }

  async complete(key: NotificationKey, token: string, retention: number): Promise<boolean> {
    const args = [CLAIMED + token, DONE + token, milliseconds(retention)];
    return (await this.run(this.put, this.nameOf(key), args)) === null;
  }

  async release(key: NotificationKey, token: string): Promise<boolean> {
    return (await this.run(this.remove, this.nameOf(key), [CLAIMED + token])) === null;
  }

  /** One command for each complaint, all sent at once: in a cluster each is on a node of its own. */
  readComplaints(mchid: string, complaintIds: readonly string[]): Promise<ComplaintRecord[]> {
    return Promise.all(
      complaintIds.map(async (complaintId) => {
        const name = this.nameOfComplaint({ mchid, complaintId });
        return parseRecord((await this.run(this.readComplaint, name, [])) ?? '');
      }),
    );
  }

  async writeComplaint(
    key: ComplaintKey,
    record: ComplaintRecord,
    retention: number,
  ): Promise<void> {
    const fields = Object.entries(record)
      .filter(([, value]) => value !== undefined)
      .flatMap(([field, value]) => [field, String(value)]);
    const args = [milliseconds(retention), ...fields];
    await this.run(this.mergeComplaint, this.nameOfComplaint(key), args);
  }

  async ping(): Promise<void> {
    await this.run(this.probe, this.nameOf({ mchid: 'ping', id: 'ping' }), []);
  }

  /** Closes the store's own connection and rejects calls that wait for it; a client of the app stays open. */
  close(): Promise<void> {
    if (this.own) {
      this.shut('the connection was closed when the app shut down');
    } else {
      this.client.off('ready', this.wake);
      this.client.off('end', this.wake);
    }
    return Promise.resolve();
  }

  private nameOf({ mchid, id }: NotificationKey): string {
    return `${this.keyPrefix}${mchid}:${id}`;
  }

  private nameOfComplaint({ mchid, complaintId }: ComplaintKey): string {
    return `${this.keyPrefix}complaint:${mchid}:${complaintId}`;
  }

  private shut(reason: string): void {
    this.closed ??= reason;
    this.own?.disconnect();
    this.wake();
  }

  /**
   * Runs a script within the time limit.
   *
   * @param onLate receives a response that arrives after the limit
   * @returns what a reading script found; of a writing one the value that kept it from writing, or null
   */
  private run(
    script: Script,
    name: string,
    args: readonly string[],
    onLate?: (held: string | null) => void,
  ): Promise<string | null> {
    return new Promise((resolve, reject) => {
      let isLate = false;
      const send = async (): Promise<void> => {
        this.waiting.delete(goOn);
        // ioredis does not always notice that it was closed while it was reconnecting.
        if (this.closed !== undefined) throw new Error(this.closed);
        const reply = await script(name, ...args).catch((error: unknown) => {
          // ioredis sends a command again after a broken connection: it may have been executed.
          if (isLate) onLate?.(null);
          throw error;
        });
        // Null makes a handler run, so nothing else may be taken for it.
        if (reply !== null && typeof reply !== 'string') {
          throw new Error(`a script returned a value of type ${typeof reply}`);
        }
        if (isLate) onLate?.(reply);
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
        isLate = true;
        this.waiting.delete(goOn);
        const outage = this.outage === undefined ? '' : ` (${this.outage})`;
        const reason = `no response within ${this.commandTimeout} ms${outage}`;
        reject(this.unavailable(reason, 'TIMEOUT'));
      }, this.commandTimeout);
      // Calls wait here rather than in the queue of ioredis, which would send them long after they
      // were given up. A connection that was closed for good rejects them at once.
      if (this.closed === undefined && NOT_CONNECTED.includes(this.client.status)) {
        this.waiting.add(goOn);
      } else {
        goOn();
      }
    });
  }

  /** Logs one line when the connection is lost, and one when it is back. */
  private watch(client: Redis | Cluster): void {
    client.on('error', (error: unknown) => {
      if (this.closed !== undefined) return;
      const isKnown = this.outage !== undefined;
      this.outage = reasonOf(error);
      const database = missingDatabase(error);
      if (database !== undefined) {
        // ioredis would go on in database 0, where the data of somebody else may be.
        const reason = `Redis has no database ${database} (${this.outage})`;
        this.shut(reason);
        this.logger.error(
          `${reason}: every notification is deferred. Change the database in the connection of ` +
            'RedisNotificationStore, and restart the app.',
        );
      } else if (!isKnown) {
        this.logger.error(
          `Redis cannot be reached, notifications are deferred until it can: ${this.outage}`,
        );
      }
    });
    client.on('ready', () => {
      if (this.outage === undefined) return;
      this.outage = undefined;
      this.logger.log('Redis can be reached again.');
    });
  }

  /** Drops the error of ioredis, which holds the command: for AUTH that is the password. */
  private unavailable(reason: string, code?: string): NotificationStoreError {
    const advice =
      this.closed === undefined
        ? ' Check that Redis is running, and the address and login of RedisNotificationStore.'
        : '';
    const cause = new Error(reason);
    return new NotificationStoreError(
      `The notification store in Redis failed: ${reason}.${advice}`,
      code === undefined ? cause : Object.assign(cause, { code }),
    );
  }
}

function parseRecord(lines: string): ComplaintRecord {
  const parts = lines.split('\n');
  const record: Record<string, string | number> = {};
  for (let index = 0; index + 1 < parts.length; index += 2) {
    const [field = '', value = ''] = parts.slice(index, index + 2);
    record[field] = field === 'seen' ? value : Number(value);
  }
  return record;
}

/** Redis accepts whole numbers above zero. */
function milliseconds(value: number): string {
  return String(Math.max(1, Math.ceil(value)));
}

/** A minute: WeChat Pay redelivers a notification that waits longer. */
const MAX_COMMAND_TIMEOUT = 60_000;

function assertOptions({
  client,
  connection,
  commandTimeout = 1,
}: RedisNotificationStoreOptions): void {
  if ((client === undefined) === (connection === undefined)) {
    throw new TypeError(
      'RedisNotificationStore needs either client, an ioredis client of the app, or connection, to ' +
        `open one of its own: it was given ${client === undefined ? 'neither' : 'both'}.`,
    );
  }
  if (client !== undefined && !isRedisClient(client)) throw notIoredis(client);
  if (!(commandTimeout >= 1 && commandTimeout <= MAX_COMMAND_TIMEOUT)) {
    throw new RangeError(
      `commandTimeout of RedisNotificationStore is not from 1 to ${MAX_COMMAND_TIMEOUT}. ` +
        'Give milliseconds, well below the 5 s for which WeChat Pay waits.',
    );
  }
}
