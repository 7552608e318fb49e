import { readFile } from 'node:fs/promises';
import { HttpModule, HttpService } from '@nestjs/axios';
import { afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Test } from '@nestjs/testing';
import axios from 'axios';
import {
  ComplaintNotificationService,
  WechatPayComplaintModule,
  WechatPayConfigurationError,
} from 'nestjs-wechatpay-complaint';
import { createTestMerchant, type TestMerchant } from 'nestjs-wechatpay-complaint/testing';
import { createHttpService, MIN_AXIOS_VERSION } from '../../../lib/http/http-service.js';
import { closeAll, startClient, startSimulator, valuesOf } from '../../support/client-bench.js';

let merchant: TestMerchant;

beforeAll(async () => {
  merchant = await createTestMerchant();
});
afterEach(closeAll);

describe('The HttpService of the module', () => {
  it('is not the one that the app gets, in any order of the modules', async () => {
    const simulator = await startSimulator(merchant);
    simulator.setRegisteredUrl(merchant, 'https://shop.example.com/complaints');
    const ours = WechatPayComplaintModule.forRoot(simulator.moduleOptions(merchant));
    for (const imports of [
      [HttpModule, ours],
      [ours, HttpModule],
    ]) {
      const module = await Test.createTestingModule({ imports }).compile();
      const seen: unknown[] = [];
      module.get(HttpService, { strict: false }).axiosRef.interceptors.request.use((config) => {
        seen.push(config.url);
        return config;
      });
      await valuesOf(module.get(ComplaintNotificationService, { strict: false }).get());
      await module.close();
      expect(seen).toEqual([]);
    }
  });

  it('inherits no default of axios that would change what is sent, or where', () => {
    const { defaults } = axios;
    const before = { auth: defaults.auth, baseURL: defaults.baseURL };
    Object.assign(defaults, {
      auth: { username: 'shop', password: 'shop' },
      baseURL: 'https://shop.example.com',
      params: { a: 1 },
    });
    try {
      expect(createHttpService().axiosRef.defaults).toMatchObject({
        auth: undefined,
        baseURL: undefined,
        params: undefined,
      });
    } finally {
      Object.assign(defaults, { ...before, params: undefined });
    }
  });
});

describe('The installed axios', () => {
  it.each(['0.30.0', '1.4.0', '1.9.0', '1.16.0', 'unknown'])(
    'of version %s keeps the module from starting: it leaks requests to proxies',
    async (version) => {
      jest.replaceProperty(axios, 'VERSION', version);

      const error: unknown = await startClient(merchant.options).catch((thrown: unknown) => thrown);

      expect(error).toBeInstanceOf(WechatPayConfigurationError);
      expect(error).toMatchObject({
        problems: [
          {
            option: 'axios',
            problem: expect.stringContaining(`has version ${version}. Versions before 1.16.1 send`),
            fix: 'Run: npm install axios@^1.16.1',
          },
        ],
      });
    },
  );

  it.each(['1.16.1', '1.17.0', '1.21.1', '2.0.0'])('may have version %s', (version) => {
    jest.replaceProperty(axios, 'VERSION', version);

    expect(createHttpService()).toBeInstanceOf(HttpService);
  });

  it('has the lowest version that package.json allows', async () => {
    const manifest: unknown = JSON.parse(
      await readFile(new URL('../../../package.json', import.meta.url), 'utf8'),
    );

    expect(manifest).toMatchObject({ peerDependencies: { axios: `^${MIN_AXIOS_VERSION}` } });
  });
});
