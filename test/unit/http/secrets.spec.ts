import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { WechatPayError } from 'nestjs-wechatpay-complaint';
import {
  createTestMerchant,
  type SimulatedFault,
  type TestMerchant,
} from 'nestjs-wechatpay-complaint/testing';
import {
  authorizationOf,
  closeAll,
  closedPort,
  errorOf,
  lookupTwo,
  startBench,
  startClient,
  startServer,
} from '../../support/client-bench.js';
import { writtenDown } from '../../support/written-down.js';
import { URL_NEW } from '../../support/callback-url-calls.js';

describe('An error', () => {
  let merchant: TestMerchant;
  beforeAll(async () => {
    merchant = await createTestMerchant();
  });
  afterEach(closeAll);

  function expectNoSecret(error: unknown): void {
    expect(error).toBeInstanceOf(WechatPayError);
    const text = writtenDown(error);
    expect(text).toContain((error as Error).message);
    // The Authorization header, the keys, and objects of Node and axios that hold them.
    expect(text).not.toMatch(/WECHATPAY2-SHA256-RSA2048 mchid|signature="|nonce_str="/);
    expect(text).not.toMatch(/PRIVATE KEY|KeyObject \{|ClientRequest \{|AxiosHeaders \{/);
    expect(text).not.toContain(merchant.apiV3Key);
    const keyLines = merchant.privateKey.split('\n').filter((line) => line.length === 64);
    expect(keyLines.length).toBeGreaterThan(10);
    expect(keyLines.filter((line) => text.includes(line))).toEqual([]);
  }

  it.each<[string, SimulatedFault]>([
    ['an API error', { status: 403, code: 'NO_AUTH', message: '无权限' }],
    ['an error page', { status: 502, raw: '<html>' }],
    ['a tampered response', 'tampered'],
    ['an unsigned response', 'unsigned'],
    ['a replayed response', 'replayed'],
    ['a probe', 'probe'],
    ['an unknown serial', 'unknown-serial'],
    ['a malformed response', { status: 200, raw: '{}', signed: true }],
    ['a dropped connection', 'drop'],
    ['a time-out', 'hang'],
  ])('contains neither the signature nor a key after %s', async (_case, fault) => {
    const timeout = fault === 'hang' ? 1000 : 60_000;
    const { service, simulator } = await startBench(merchant, { timeout });
    simulator.injectFaults(fault);

    const error = await errorOf(service.create({ url: URL_NEW }));

    expectNoSecret(error);
    const signature = authorizationOf(simulator.requests[0], 'signature');
    expect(signature).toHaveLength(344);
    expect(writtenDown(error)).not.toContain(signature);
  });

  it('contains neither the signature nor a key after a SIGN_ERROR', async () => {
    const stranger = await createTestMerchant();
    const { service, simulator } = await startBench(merchant, { privateKey: stranger.privateKey });

    const error = await errorOf(service.create({ url: URL_NEW }));

    expect(error).toMatchObject({ code: 'SIGN_ERROR' });
    expectNoSecret(error);
    expect(writtenDown(error)).not.toContain(authorizationOf(simulator.requests[0], 'signature'));
  });

  it('contains no secret when no server listens', async () => {
    const baseUrls = [await closedPort()];
    const { service } = await startClient({ ...merchant.options, baseUrls });

    expectNoSecret(await errorOf(service.create({ url: URL_NEW })));
  });

  it('contains no secret when a host has several addresses', async () => {
    const { port } = new URL(await closedPort());
    const baseUrls = [`http://localhost:${port}`];
    const { service } = await startClient({ ...merchant.options, baseUrls });

    expectNoSecret(await errorOf(service.create({ url: URL_NEW }, { lookup: lookupTwo })));
  });

  it('contains no secret after an abort', async () => {
    const { service } = await startBench(merchant);

    expectNoSecret(await errorOf(service.get({ signal: AbortSignal.abort() })));
  });

  it('contains no secret when the response is too large', async () => {
    const url = await startServer((_request, response) => {
      response.on('error', () => {});
      response.end(Buffer.alloc(2 * 1024 * 1024));
    });
    const { service } = await startClient({ ...merchant.options, baseUrls: [url] });

    expectNoSecret(await errorOf(service.get()));
  });

  it('contains no secret after a redirect', async () => {
    const url = await startServer((_request, response) =>
      response.writeHead(302, { Location: 'https://evil.example/' }).end(),
    );
    const { service } = await startClient({ ...merchant.options, baseUrls: [url] });

    expectNoSecret(await errorOf(service.get()));
  });

  it('contains no secret when a setting of the caller throws', async () => {
    const { service } = await startBench(merchant);
    const httpAgent = {
      addRequest: (): never => {
        throw new Error('no sockets available');
      },
    };

    const error = await errorOf(service.get({ httpAgent }));

    expect(error).toMatchObject({ name: 'WechatPayNetworkError' });
    expectNoSecret(error);
  });

  it('contains no secret when an argument is rejected', async () => {
    const { service } = await startBench(merchant);

    expectNoSecret(await errorOf(service.create({ url: 'http://shop.example.com/?a=b' })));
  });
});
