import { once } from 'node:events';
import { Agent, createServer, type Server } from 'node:https';
import type { IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { WechatPayComplaintModuleOptions } from 'nestjs-wechatpay-complaint';
import {
  createTestCertificate,
  createTestMerchant,
  signNotificationBody,
  type TestMerchant,
} from 'nestjs-wechatpay-complaint/testing';
import { URL_NEW } from '../../support/callback-url-calls.js';
import { closeAll, startClient, URL_PATH, valuesOf } from '../../support/client-bench.js';
import { type HttpProxy, startProxy } from '../../support/http-proxy.js';

/** A name that only the proxy can resolve: a request that avoids it fails. */
const HOST = 'wechatpay.test';
const VARIABLES = ['HTTPS_PROXY', 'https_proxy', 'NO_PROXY', 'no_proxy'] as const;

describe('A request over https through a proxy', () => {
  let merchant: TestMerchant;
  let origin: Server;
  let ca: string;
  let baseUrl: string;
  let proxy: HttpProxy;
  let received: IncomingHttpHeaders[];
  const environment = Object.fromEntries(VARIABLES.map((name) => [name, process.env[name]]));

  beforeAll(async () => {
    merchant = await createTestMerchant();
    const { pem, privateKey } = await createTestCertificate({ commonName: HOST });
    ca = pem;
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' });
    origin = createServer({ cert: pem, key }, (request, response) => {
      received.push(request.headers);
      const body = JSON.stringify({ mchid: merchant.mchid, url: URL_NEW });
      response.writeHead(200, signNotificationBody(merchant, body)).end(body);
    });
    origin.listen(0, '127.0.0.1');
    await once(origin, 'listening');
    baseUrl = `https://${HOST}:${(origin.address() as AddressInfo).port}`;
  });
  beforeEach(async () => {
    received = [];
    for (const name of VARIABLES) Reflect.deleteProperty(process.env, name);
    proxy = await startProxy((origin.address() as AddressInfo).port);
  });
  afterEach(async () => {
    for (const [name, value] of Object.entries(environment)) {
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
    }
    await closeAll();
    await proxy.stop();
  });
  afterAll(async () => {
    origin.closeAllConnections();
    origin.close();
    await once(origin, 'close');
  });

  async function callThroughProxy(
    request: WechatPayComplaintModuleOptions['request'] = {},
  ): Promise<void> {
    const httpsAgent = new Agent({ ca });
    const { service } = await startClient({
      ...merchant.options,
      baseUrls: [baseUrl],
      request: { httpsAgent, ...request },
    });
    expect(await valuesOf(service.get())).toEqual([{ mchid: merchant.mchid, url: URL_NEW }]);
  }

  function expectTunnel(): void {
    expect(proxy.requests).toEqual([
      expect.objectContaining({ method: 'CONNECT', target: new URL(baseUrl).host }),
    ]);
    expect(JSON.stringify(proxy.requests)).not.toContain('WECHATPAY2-SHA256-RSA2048');
    expect(JSON.stringify(proxy.requests)).not.toContain(URL_PATH);
    expect(received[0]?.authorization).toContain('WECHATPAY2-SHA256-RSA2048');
  }

  it.each(['HTTPS_PROXY', 'https_proxy'])(
    'is tunnelled when %s names the proxy, which sees neither its path nor its headers',
    async (name) => {
      process.env[name] = proxy.url;

      await callThroughProxy();

      expectTunnel();
    },
  );

  it('is tunnelled when the option request names the proxy', async () => {
    const { hostname, port } = new URL(proxy.url);

    await callThroughProxy({
      proxy: { protocol: 'http', host: hostname, port: Number(port) },
    });

    expectTunnel();
  });
});
