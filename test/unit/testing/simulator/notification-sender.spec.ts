import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  createTestMerchant,
  type TestMerchant,
  type WechatPaySimulatorOptions,
} from 'nestjs-wechatpay-complaint/testing';
import { closeAll, startSimulator } from '../../../support/client-bench.js';
import { startReceiver } from '../../../support/client-http.js';
import { call } from './signed-call.js';

const PATH = '/wechatpay/complaints';
const CALLBACK_URL = `https://shop.example.com${PATH}`;

describe('The sender of notifications', () => {
  let merchant: TestMerchant;
  beforeAll(async () => {
    merchant = await createTestMerchant();
  });
  afterEach(closeAll);

  async function start(options: Omit<WechatPaySimulatorOptions, 'merchants'> = {}) {
    const receiver = await startReceiver(204);
    const simulator = await startSimulator(merchant, options);
    return { ...receiver, simulator };
  }

  describe('posts', () => {
    it('only when a URL is registered', async () => {
      const { simulator } = await start();

      await expect(simulator.notify(merchant)).rejects.toThrow(
        `No callback URL is registered for merchant ${merchant.mchid}.`,
      );
    });

    it('only for the merchants of the simulator', async () => {
      const { simulator } = await start();
      const stranger = { ...merchant, mchid: '1' };

      await expect(simulator.notify(stranger)).rejects.toThrow('does not know merchant 1.');
    });

    it('to where the host of the URL is mapped', async () => {
      const { simulator, url, posts } = await start();
      simulator.setRegisteredUrl(merchant, CALLBACK_URL);
      simulator.mapHost('shop.example.com', url);

      expect((await simulator.notify(merchant)).accepted).toBe(true);
      expect(posts.map(({ path }) => path)).toEqual([PATH]);
    });

    it('to the mapped host even when the path looks like another host', async () => {
      const { simulator, url, posts } = await start();
      simulator.setRegisteredUrl(merchant, 'https://shop.example.com//other.invalid/x');
      simulator.mapHost('shop.example.com', url);

      expect((await simulator.notify(merchant)).accepted).toBe(true);
      expect(posts.map(({ path }) => path)).toEqual(['//other.invalid/x']);
    });

    it('to this machine only', async () => {
      const { simulator } = await start();
      simulator.setRegisteredUrl(merchant, CALLBACK_URL);

      await expect(simulator.notify(merchant)).rejects.toThrow(
        "map shop.example.com to your app, mapHost('shop.example.com', 'http://127.0.0.1:3000')",
      );
      expect(() => {
        simulator.mapHost('shop.example.com', 'http://shop.example.com');
      }).toThrow('posts to loopback only, not to http://shop.example.com.');
    });
  });

  describe("after an action of the merchant's own", () => {
    async function reply(options: Omit<WechatPaySimulatorOptions, 'merchants'>) {
      const bench = await start(options);
      const { simulator } = bench;
      simulator.setRegisteredUrl(merchant, `${bench.url}${PATH}`);
      const { complaint } = await simulator.complain(merchant, { complaint_id: 'C-1' });
      const { status } = await call(simulator, merchant, {
        method: 'POST',
        target: `/v3/merchant-service/complaints-v2/${complaint.complaint_id}/response`,
        body: JSON.stringify({ complainted_mchid: merchant.mchid, response_content: '您好' }),
      });
      expect(status).toBe(204);
      return bench;
    }

    it('notifies nobody, as the service does today', async () => {
      const { simulator, posts } = await reply({});

      expect(await simulator.idle()).toEqual([]);
      // The consumer's complaint alone.
      expect(posts).toHaveLength(1);
    });

    it('notifies it with notifyMerchantActions, which idle waits for once', async () => {
      const { simulator, posts } = await reply({ notifyMerchantActions: true });

      expect(await simulator.idle()).toMatchObject([{ accepted: true }]);
      expect(await simulator.idle()).toEqual([]);
      expect(posts).toHaveLength(2);
    });

    it('reports in idle that a notification cannot be sent', async () => {
      const { simulator } = await start({ notifyMerchantActions: true });
      await simulator.complain(merchant, { complaint_id: 'C-1' });
      simulator.setRegisteredUrl(merchant, CALLBACK_URL);

      await call(simulator, merchant, {
        method: 'POST',
        target: '/v3/merchant-service/complaints-v2/C-1/response',
        body: JSON.stringify({ complainted_mchid: merchant.mchid, response_content: '您好' }),
      });

      await expect(simulator.idle()).rejects.toThrow('map shop.example.com to your app');
      expect(await simulator.idle()).toEqual([]);
    });
  });
});
