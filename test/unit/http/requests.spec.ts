import { verify } from 'node:crypto';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createTestMerchant, type TestMerchant } from 'nestjs-wechatpay-complaint/testing';
import {
  authorizationOf,
  closeAll,
  errorOf,
  startBench,
  startClient,
  startSimulator,
  URL_PATH,
  valuesOf,
} from '../../support/client-bench.js';
import { CALLS, URL_NEW, URL_OLD } from '../../support/callback-url-calls.js';

describe('A call', () => {
  let merchant: TestMerchant;
  beforeAll(async () => {
    merchant = await createTestMerchant();
  });
  afterEach(closeAll);

  it.each(CALLS)('$name takes effect and emits once what WeChat Pay answered', async (call) => {
    const { service, simulator } = await startBench(merchant);
    simulator.setRegisteredUrl(merchant, call.before);
    const expected =
      call.name === 'delete' ? undefined : { mchid: merchant.mchid, url: call.after };

    expect(await valuesOf(call.run(service))).toStrictEqual([expected]);
    expect(simulator.registeredUrl(merchant)).toBe(call.after);
  });

  it.each(CALLS)('$name sends $method to the documented path', async (call) => {
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
  });

  it.each(CALLS)('$name is signed over exactly what goes out', async (call) => {
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
    const message = `${call.method}\n${URL_PATH}\n${timestamp}\n${nonce}\n${call.body}\n`;
    expect(
      verify(
        'RSA-SHA256',
        Buffer.from(message),
        merchant.certificate,
        Buffer.from(signature ?? '', 'base64'),
      ),
    ).toBe(true);
  });

  it.each(CALLS)('$name asks for an answer signed with the configured public key', async (call) => {
    const { service, simulator } = await startBench(merchant);
    simulator.setRegisteredUrl(merchant, call.before);
    await valuesOf(call.run(service));

    expect(simulator.requests[0]?.headers['wechatpay-serial']).toBe(merchant.publicKey.id);
  });

  it('sends no Wechatpay-Serial when no public key is configured', async () => {
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

  it('is refused by WeChat Pay when the private key is not the one of the serial', async () => {
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

  it('lets no field into its result that is not documented', async () => {
    const { service, simulator } = await startBench(merchant);
    const raw = JSON.stringify({ mchid: merchant.mchid, url: URL_NEW, surprise: 'of tomorrow' });
    simulator.injectFaults({ status: 200, raw, signed: true });

    expect(await valuesOf(service.get())).toStrictEqual([{ mchid: merchant.mchid, url: URL_NEW }]);
  });
});
