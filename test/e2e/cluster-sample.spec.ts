import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import {
  createTestMerchant,
  type TestMerchant,
  WechatPaySimulator,
} from 'nestjs-wechatpay-complaint/testing';
import { AppModule } from '../../sample/02-cluster/app.module.js';
import { freePort, RedisServer } from '../support/redis-server.js';
import { closeApps, startApp } from '../support/start-app.js';
import { until } from '../support/until.js';

describe('The app of sample/02-cluster', () => {
  const environment = { ...process.env };
  let merchant: TestMerchant;
  let simulator: WechatPaySimulator;
  let server: RedisServer;
  let redis: Redis;

  beforeAll(async () => {
    merchant = await createTestMerchant();
    simulator = await WechatPaySimulator.start({ merchants: [merchant] });
    server = await new RedisServer(await freePort()).start();
    redis = new Redis(server.url);
    Object.assign(process.env, simulator.environment(merchant), {
      WECHATPAY_CALLBACK_URL: 'https://shop.example.com/wechatpay/complaints',
      REDIS_URL: server.url,
      REDIS_PREFIX: 'test:',
    });
  });
  afterAll(async () => {
    process.env = environment;
    await closeApps();
    redis.disconnect();
    await server.remove();
    await simulator.stop();
  });

  it('does the slow work once for a notification that two instances receive', async () => {
    const first = await startApp({ imports: [AppModule] });
    await until(() => simulator.registeredUrl(merchant) !== undefined);
    const second = await startApp({ imports: [AppModule] });

    const id = 'EV:2018022511223320873/1';
    const notify = (): ReturnType<WechatPaySimulator['notify']> =>
      simulator.notify(merchant, { id, complaint: { complaint_id: 'C-7' } });
    simulator.mapHost('shop.example.com', first.url);
    await expect(notify()).resolves.toMatchObject({ accepted: true, attempts: [{ status: 204 }] });
    simulator.mapHost('shop.example.com', second.url);
    await expect(notify()).resolves.toMatchObject({ accepted: true, attempts: [{ status: 204 }] });

    await until(async () => (await redis.hlen('test:complaints')) > 0);
    await expect(redis.hgetall('test:complaints')).resolves.toEqual({
      [id]: JSON.stringify({ complaintId: 'C-7', action: 'CREATE_COMPLAINT' }),
    });
    await until(() => simulator.requests.length >= 3);
    expect(simulator.requests.map(({ method }) => method)).toEqual(['GET', 'POST', 'GET']);
  });
});
