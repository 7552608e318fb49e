import { Agent } from 'node:http';
import { HttpModule, HttpService } from '@nestjs/axios';
import { afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Test } from '@nestjs/testing';
import axios, { type AxiosInstance } from 'axios';
import { ComplaintNotificationService, WechatPayComplaintModule } from 'nestjs-wechatpay-complaint';
import { createTestMerchant, type TestMerchant } from 'nestjs-wechatpay-complaint/testing';
import {
  authorizationOf,
  closeAll,
  startBench,
  startSimulator,
  valuesOf,
} from '../../support/client-bench.js';
import { CALLS, URL_NEW, URL_OLD } from '../../support/callback-url-calls.js';

const APP_AXIOS = Symbol('APP_AXIOS');

describe('The settings of a caller', () => {
  let merchant: TestMerchant;
  beforeAll(async () => {
    merchant = await createTestMerchant();
  });
  afterEach(closeAll);

  it.each(CALLS)('add headers to $name', async ({ before, run }) => {
    const request = { headers: { 'X-Every': 'call', 'X-Both': 'options' } };
    const { service, simulator } = await startBench(merchant, { request });
    simulator.setRegisteredUrl(merchant, before);
    await valuesOf(run(service, { headers: { 'X-One': 'call', 'x-both': 'this call' } }));

    expect(simulator.requests[0]?.headers).toMatchObject({
      'x-every': 'call',
      'x-one': 'call',
      'x-both': 'this call',
    });
  });

  it('may name another User-Agent', async () => {
    const { service, simulator } = await startBench(merchant, {
      request: { headers: { 'user-agent': 'shop/1.0' } },
    });
    await valuesOf(service.create({ url: URL_NEW }));

    expect(simulator.requests[0]?.headers['user-agent']).toBe('shop/1.0');
  });

  it.each(['Authorization', 'authorization', 'AUTHORIZATION', 'aUTHORIZATION'])(
    'do not replace the signature with a header %s, of the options or of one call',
    async (name) => {
      const headers = { [name]: 'Basic c2hvcDpzaG9w' };
      const { service, simulator } = await startBench(merchant, { request: { headers } });
      await valuesOf(service.create({ url: URL_NEW }, { headers }));

      expect(authorizationOf(simulator.requests[0], 'mchid')).toBe(merchant.mchid);
      expect(simulator.requests[0]?.headers.authorization).not.toContain('Basic');
    },
  );

  it.each([
    ['accept', 'text/html', 'application/json'],
    ['ACCEPT-ENCODING', 'gzip', 'identity'],
    ['content-type', 'text/plain', 'application/json'],
    ['wechatpay-serial', 'PUB_KEY_ID_0', undefined],
  ])('do not replace the header %s', async (name, value, expected) => {
    const { service, simulator } = await startBench(merchant);
    await valuesOf(service.create({ url: URL_NEW }, { headers: { [name]: value } }));

    expect(simulator.requests[0]?.headers[name.toLowerCase()]).toBe(
      expected ?? merchant.publicKey.id,
    );
  });

  it('do not change what is signed, even settings that the types forbid', async () => {
    const { service, simulator } = await startBench(merchant);
    const config: object = {
      url: '/elsewhere',
      baseURL: 'http://127.0.0.1:1',
      method: 'PATCH',
      params: { a: 1 },
      data: 'other',
      auth: { username: 'a', password: 'b' },
      responseType: 'json',
      maxRedirects: 5,
      validateStatus: () => false,
      transformRequest: () => 'other',
      transformResponse: () => 'other',
    };

    expect(await valuesOf(service.create({ url: URL_NEW }, config))).toEqual([
      { mchid: merchant.mchid, url: URL_NEW },
    ]);
    expect(simulator.requests).toHaveLength(1);
  });

  it('choose the agent of a call', async () => {
    const httpAgent = new Agent();
    const connections = jest.spyOn(httpAgent, 'createConnection' as never);
    const { service } = await startBench(merchant, { request: { httpAgent } });
    await valuesOf(service.create({ url: URL_NEW }));

    expect(connections).toHaveBeenCalledTimes(1);
  });

  it('do not include those of axios itself and of the HttpService of the app', async () => {
    const simulator = await startSimulator(merchant);
    simulator.setRegisteredUrl(merchant, URL_OLD);
    const module = await Test.createTestingModule({
      imports: [
        HttpModule.register({ headers: { 'X-App': '1' } }),
        WechatPayComplaintModule.forRoot(simulator.moduleOptions(merchant)),
      ],
      // `module.get(HttpService)` returns that of any module. This one is the app's.
      providers: [
        {
          provide: APP_AXIOS,
          inject: [HttpService],
          useFactory: (http: HttpService) => http.axiosRef,
        },
      ],
    }).compile();
    const seen: string[] = [];
    const instances = [axios, module.get<AxiosInstance>(APP_AXIOS)];
    const ejectors = instances.map(({ interceptors: { request, response } }) => {
      const ids = [
        request.use((config) => {
          seen.push(`request ${config.url}`);
          return config;
        }),
        response.use((received) => {
          seen.push(`response ${received.status}`);
          return received;
        }),
      ] as const;
      return () => {
        request.eject(ids[0]);
        response.eject(ids[1]);
      };
    });
    const { defaults } = axios;
    const timeout = defaults.timeout;
    Object.assign(defaults, { timeout: 1, auth: { username: 'shop', password: 'shop' } });
    try {
      const service = module.get(ComplaintNotificationService);
      for (const { run, before } of CALLS) {
        simulator.setRegisteredUrl(merchant, before);
        await valuesOf(run(service));
      }
    } finally {
      Object.assign(defaults, { timeout, auth: undefined });
      for (const eject of ejectors) eject();
      await module.close();
    }

    expect(simulator.requests).toHaveLength(4);
    expect(simulator.requests[0]?.headers).not.toHaveProperty('x-app');
    expect(seen).toEqual([]);
  });
});
