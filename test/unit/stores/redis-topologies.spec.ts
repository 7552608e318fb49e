import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { Cluster, Redis } from 'ioredis';
import { RedisNotificationStore } from 'nestjs-wechatpay-complaint/redis';
import { RecordingLogger } from '../../support/recording-logger.js';
import {
  behavesAsNotificationStore,
  claimed,
  MINUTE,
  newKey,
} from './notification-store.contract.js';
import { freePort, RedisServer } from '../../support/redis-server.js';

const SLOTS = 16384;
const logger = new RecordingLogger();

beforeAll(() => {
  Logger.overrideLogger(logger);
});

/** Starts three masters that share the slots. */
async function startCluster(): Promise<RedisServer[]> {
  const nodes: { server: RedisServer; bus: number }[] = [];
  for (let index = 0; index < 3; index++) {
    const [port, bus] = [await freePort(), await freePort()];
    const settings = ['--cluster-enabled', 'yes', '--cluster-port', String(bus)];
    nodes.push({ server: await new RedisServer(port, settings).start(), bus });
  }
  const clients = nodes.map(({ server }) => new Redis(server.url));
  for (const [index, client] of clients.entries()) {
    const [first, last] = [
      Math.ceil((index * SLOTS) / 3),
      Math.ceil(((index + 1) * SLOTS) / 3) - 1,
    ];
    await client.call('CLUSTER', 'SET-CONFIG-EPOCH', String(index + 1));
    await client.call('CLUSTER', 'ADDSLOTSRANGE', String(first), String(last));
    for (const { server, bus } of nodes) {
      await client.call('CLUSTER', 'MEET', '127.0.0.1', String(server.port), String(bus));
    }
  }
  for (const client of clients) {
    for (let tries = 0; tries < 300; tries++) {
      const info = String(await client.call('CLUSTER', 'INFO'));
      if (info.includes('cluster_state:ok') && info.includes(`cluster_known_nodes:3`)) break;
      await delay(50);
    }
    client.disconnect();
  }
  return nodes.map(({ server }) => server);
}

describe('RedisNotificationStore with a cluster', () => {
  let servers: RedisServer[] = [];
  let own: RedisNotificationStore;
  let client: Cluster;

  beforeAll(async () => {
    servers = await startCluster();
    const nodes = servers.map(({ port }) => ({ host: '127.0.0.1', port }));
    own = new RedisNotificationStore({ connection: { nodes }, commandTimeout: 10_000 });
    client = new Cluster(nodes);
  }, 60_000);
  afterAll(async () => {
    await own.close();
    client.disconnect();
    await Promise.all(servers.map((server) => server.remove()));
  }, 60_000);

  describe('as a store', () => {
    behavesAsNotificationStore(() => own);
  });

  it('distributes its keys over all nodes', async () => {
    for (let index = 0; index < 60; index++) await claimed(own, newKey());
    for (const node of client.nodes('master')) {
      await expect(node.dbsize()).resolves.toBeGreaterThan(0);
    }
  });

  it("works with the app's cluster client, and leaves it open", async () => {
    const store = new RedisNotificationStore({ client, commandTimeout: 10_000 });
    const key = newKey();
    const token = await claimed(store, key);
    await expect(own.claim(key, MINUTE)).resolves.toEqual({ state: 'in-progress' });
    await expect(store.complete(key, token, MINUTE)).resolves.toBe(true);
    await store.close();
    await expect(own.claim(key, MINUTE)).resolves.toEqual({ state: 'done' });
    await expect(store.claim(key, MINUTE)).resolves.toEqual({ state: 'done' });
  });

  it('names the reason if no node can be reached', async () => {
    const port = await freePort();
    const store = new RedisNotificationStore({
      connection: { nodes: [{ host: '127.0.0.1', port }] },
      commandTimeout: 500,
    });
    await expect(store.claim(newKey(), MINUTE)).rejects.toMatchObject({
      message: expect.stringContaining('no response within 500 ms'),
    });
    await store.close();
    expect(logger.ours('error').at(-1)).toContain('Redis cannot be reached');
  });
});

describe('RedisNotificationStore with Sentinel', () => {
  let master: RedisServer;
  let sentinel: RedisServer;
  let store: RedisNotificationStore;

  beforeAll(async () => {
    master = await new RedisServer(await freePort()).start();
    sentinel = await new RedisServer(await freePort(), [], master.port).start();
    store = new RedisNotificationStore({
      connection: {
        sentinels: [{ host: '127.0.0.1', port: sentinel.port }],
        name: 'main',
        connectionName: 'the-store',
      },
      commandTimeout: 10_000,
    });
  }, 30_000);
  afterAll(async () => {
    await store.close();
    await Promise.all([sentinel.remove(), master.remove()]);
  });

  it('finds the master', async () => {
    const key = newKey();
    const token = await claimed(store, key);
    const witness = new Redis(master.url);
    await expect(witness.get(`wechatpay-complaint:${key.mchid}:${key.id}`)).resolves.toBe(
      `claimed:${token}`,
    );
    witness.disconnect();
  });

  it('looks for the new master when its own has become a replica', async () => {
    await claimed(store, newKey());
    const witness = new Redis(master.url);
    const connectionId = async (): Promise<string | undefined> =>
      /^id=(\d+) .* name=the-store /m.exec(String(await witness.client('LIST')))?.[1];
    const before = await connectionId();
    expect(before).toBeDefined();

    await witness.replicaof('127.0.0.1', String(await freePort()));
    await expect(store.claim(newKey(), MINUTE)).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringContaining('READONLY'),
    });
    await witness.replicaof('NO', 'ONE');

    await expect(store.claim(newKey(), MINUTE)).resolves.toMatchObject({ state: 'claimed' });
    await expect(connectionId()).resolves.not.toBe(before);
    witness.disconnect();
  }, 30_000);
});
