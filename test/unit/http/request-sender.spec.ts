import { verify } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createTestMerchant, type TestMerchant } from 'nestjs-wechatpay-complaint/testing';
import {
  authorizationOf,
  closeAll,
  errorOf,
  startBench,
  startClient,
  startServer,
  startSimulator,
  URL_PATH,
  valuesOf,
} from '../../support/client-bench.js';
import { createHttpService } from '../../../lib/http/http-service.js';
import { RequestSender } from '../../../lib/http/request-sender.js';
import type { WechatPayRequest } from '../../../lib/http/wechatpay-request.js';
import { CALLS, URL_OLD } from '../../support/callback-url-calls.js';
import { deferred } from '../../support/deferred.js';
import { resolvedOptionsOf } from '../../support/resolved-options.js';

let merchant: TestMerchant;

beforeAll(async () => {
  merchant = await createTestMerchant();
});
afterEach(closeAll);

/** Whether the Authorization header signs these three with the merchant's key. */
function isSigned(
  headers: IncomingHttpHeaders | undefined,
  method: string,
  target: string,
  body: string,
): boolean {
  const [timestamp, nonce, signature = ''] = ['timestamp', 'nonce_str', 'signature'].map((name) =>
    authorizationOf({ headers: headers ?? {} }, name),
  );
  return verify(
    'RSA-SHA256',
    Buffer.from(`${method}\n${target}\n${timestamp}\n${nonce}\n${body}\n`),
    merchant.certificate,
    Buffer.from(signature, 'base64'),
  );
}

describe('A request', () => {
  it.each(CALLS)(
    'to $name is a $method to the documented path, with the documented headers',
    async (call) => {
      const { service, simulator } = await startBench(merchant);
      simulator.setRegisteredUrl(merchant, call.before);
      await valuesOf(call.run(service));

      expect(simulator.requests).toHaveLength(1);
      const [sent] = simulator.requests;
      expect(sent).toMatchObject({ method: call.method, target: URL_PATH, body: call.body });
      expect(sent?.headers).toMatchObject({
        accept: 'application/json',
        'accept-encoding': 'identity',
        'user-agent': expect.stringMatching(
          /^nestjs-wechatpay-complaint\/\d+\.\d+\.\d+ node\/\d+\.\d+\.\d+$/,
        ),
      });
      expect(sent?.headers['content-type']).toBe(call.body === '' ? undefined : 'application/json');
    },
  );

  it.each(CALLS)('to $name is signed as it is sent', async (call) => {
    const { service, simulator } = await startBench(merchant);
    simulator.setRegisteredUrl(merchant, call.before);
    await valuesOf(call.run(service));

    const [sent] = simulator.requests;
    const [timestamp, nonce, signature] = ['timestamp', 'nonce_str', 'signature'].map((name) =>
      authorizationOf(sent, name),
    );
    expect(sent?.headers.authorization).toBe(
      `WECHATPAY2-SHA256-RSA2048 mchid="${merchant.mchid}",nonce_str="${nonce}",` +
        `signature="${signature}",timestamp="${timestamp}",serial_no="${merchant.serial}"`,
    );
    expect(nonce).toMatch(/^[0-9A-F]{32}$/);
    expect(Math.abs(Date.now() / 1000 - Number(timestamp))).toBeLessThan(60);
    expect(isSigned(sent?.headers, call.method, URL_PATH, call.body)).toBe(true);
  });

  it.each(CALLS)(
    'to $name names the public key that the response is to be signed with',
    async (call) => {
      const { service, simulator } = await startBench(merchant);
      simulator.setRegisteredUrl(merchant, call.before);
      await valuesOf(call.run(service));

      expect(simulator.requests[0]?.headers['wechatpay-serial']).toBe(merchant.publicKey.id);
    },
  );

  it('has no Wechatpay-Serial when no public key is configured', async () => {
    const simulator = await startSimulator(merchant);
    await simulator.rotateCertificate(merchant, { certificate: merchant.platformCertificate });
    const { id, pem } = merchant.platformCertificate;
    const { service } = await startClient({
      ...simulator.moduleOptions(merchant),
      platformKeys: { [id]: pem },
    });
    simulator.setRegisteredUrl(merchant, URL_OLD);

    expect(await valuesOf(service.get())).toEqual([{ mchid: merchant.mchid, url: URL_OLD }]);
    expect(simulator.requests[0]?.headers).not.toHaveProperty('wechatpay-serial');
  });

  it('is rejected by WeChat Pay when privateKey does not belong to serial', async () => {
    const { privateKey } = await createTestMerchant();
    const { service } = await startBench(merchant, { privateKey });

    expect(await errorOf(service.get())).toMatchObject({
      name: 'WechatPayApiError',
      code: 'SIGN_ERROR',
      status: 401,
      detail: { location: 'authorization', sign_information: { method: 'GET', url: URL_PATH } },
      message: expect.stringContaining('serial, privateKey and mchid belong together'),
    });
  });
});

describe('RequestSender', () => {
  /** Sends a request to a bare server and returns what arrived there. */
  async function received(request: Partial<WechatPayRequest>): Promise<IncomingMessage> {
    const arrived = deferred<IncomingMessage>();
    const url = await startServer((incoming, response) => {
      arrived.resolve(incoming);
      response.end('{}');
    });
    const options = resolvedOptionsOf({ ...merchant.options, baseUrls: [url] });
    const sender = new RequestSender(createHttpService(), options);
    await valuesOf(sender.send({ method: 'GET', target: '/v3', ...request }, {}, url));
    return arrived.promise;
  }

  it.each([
    ['/v3/merchant-service/images/YWJj?', '/v3/merchant-service/images/YWJj'],
    ["/v3/x?name=o'clock", '/v3/x?name=o%27clock'],
    ['/v3/x?a=b#fragment', '/v3/x?a=b'],
    ['/v3/merchant-service/images/YS9i%2Fcw%3D%3D', '/v3/merchant-service/images/YS9i%2Fcw%3D%3D'],
    ['/v3/x?url=https%3A%2F%2Fa.example', '/v3/x?url=https%3A%2F%2Fa.example'],
  ])('signs the target %s as the HTTP client sends it: %s', async (target, sent) => {
    const { url, headers } = await received({ target });

    expect(url).toBe(sent);
    expect(isSigned(headers, 'GET', sent, '')).toBe(true);
  });

  it('asks for JSON, or for the media type that the request names', async () => {
    expect((await received({})).headers.accept).toBe('application/json');
    expect((await received({ accept: '*/*' })).headers.accept).toBe('*/*');
  });

  it('sends the given content in place of JSON, and signs its signed part only', async () => {
    const content = { type: 'text/plain', data: 'signed and unsigned', signed: 'signed' };

    const { headers } = await received({ method: 'POST', target: '/v3/x', content });

    expect(headers).toMatchObject({ 'content-type': 'text/plain', 'content-length': '19' });
    expect(isSigned(headers, 'POST', '/v3/x', 'signed')).toBe(true);
  });
});
