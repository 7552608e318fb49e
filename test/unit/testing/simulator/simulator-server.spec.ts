import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  createTestMerchant,
  type SimulatedRequest,
  type TestMerchant,
  type WechatPaySimulator,
} from 'nestjs-wechatpay-complaint/testing';
import { closeAll, startSimulator, URL_PATH } from '../../../support/client-bench.js';
import { deferred } from '../../../support/deferred.js';
import { call, errorIn, isSignedBy } from './signed-call.js';

const CALLBACK_URL = 'https://shop.example.com/wechatpay/complaints';
const OTHER_URL = 'https://shop.example.com/elsewhere';

describe('The server of the simulator', () => {
  let merchant: TestMerchant;
  let withCertificate: TestMerchant;
  let inMigration: TestMerchant;
  beforeAll(async () => {
    [merchant, withCertificate, inMigration] = await Promise.all([
      createTestMerchant(),
      createTestMerchant({ mode: 'certificate' }),
      createTestMerchant({ mode: 'migration' }),
    ]);
  });
  afterEach(closeAll);

  const get = (simulator: WechatPaySimulator, sender: TestMerchant, serial?: string) =>
    call(simulator, sender, { target: URL_PATH }, { 'Wechatpay-Serial': serial });
  const create = (simulator: WechatPaySimulator) =>
    call(simulator, merchant, {
      method: 'POST',
      target: URL_PATH,
      body: JSON.stringify({ url: CALLBACK_URL }),
    });

  describe('signs a response', () => {
    it('with the public key of a merchant in public-key mode', async () => {
      const simulator = await startSimulator(merchant);

      const response = await create(simulator);

      expect(isSignedBy(response, merchant.publicKey)).toBe(true);
      expect(response.headers).toMatchObject({
        'content-type': 'application/json; charset=utf-8',
        'wechatpay-signature-type': 'WECHATPAY2-SHA256-RSA2048',
        'request-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
      });
    });

    it('without a body, too', async () => {
      const simulator = await startSimulator(merchant);
      simulator.setRegisteredUrl(merchant, CALLBACK_URL);

      const response = await call(simulator, merchant, { method: 'DELETE', target: URL_PATH });

      expect(isSignedBy(response, merchant.publicKey)).toBe(true);
      expect(response.headers).not.toHaveProperty('content-type');
    });

    it('that is an error of the API', async () => {
      const simulator = await startSimulator(merchant);

      const response = await get(simulator, merchant);

      expect(errorIn(response)).toMatchObject({ status: 400, code: 'RESOURCE_NOT_EXISTS' });
      expect(isSignedBy(response, merchant.publicKey)).toBe(true);
    });

    it('with the newest certificate, unless the request names another one', async () => {
      const simulator = await startSimulator(withCertificate);
      const next = await simulator.rotateCertificate(withCertificate);
      const { platformCertificate } = withCertificate;

      const newest = await get(simulator, withCertificate);
      const named = await get(simulator, withCertificate, platformCertificate.id);

      expect(isSignedBy(newest, next)).toBe(true);
      expect(isSignedBy(named, platformCertificate)).toBe(true);
    });

    it('during a migration with the key that the request names, else the certificate', async () => {
      const simulator = await startSimulator(inMigration);
      const { publicKey, platformCertificate } = inMigration;

      const named = await get(simulator, inMigration, publicKey.id);
      const unnamed = await get(simulator, inMigration);

      expect(isSignedBy(named, publicKey)).toBe(true);
      expect(isSignedBy(unnamed, platformCertificate)).toBe(true);
    });
  });

  it('responds with 404 to an unknown path', async () => {
    const simulator = await startSimulator(merchant);

    const response = await call(simulator, merchant, { target: '/v3/elsewhere' });

    expect(errorIn(response)).toMatchObject({ status: 404, code: 'RESOURCE_NOT_EXISTS' });
  });

  it('keeps the requests that it receives', async () => {
    const simulator = await startSimulator(merchant);

    await create(simulator);

    expect(simulator.requests).toEqual([
      {
        method: 'POST',
        target: URL_PATH,
        headers: expect.objectContaining({ 'user-agent': 'test' }),
        body: JSON.stringify({ url: CALLBACK_URL }),
      },
    ]);
  });

  describe('calls onRequest', () => {
    it('before the call takes effect, and waits for it', async () => {
      const gate = deferred<undefined>();
      const received: SimulatedRequest[] = [];
      const simulator = await startSimulator(merchant, {
        onRequest: async (request) => {
          received.push(request);
          await gate.promise;
        },
      });
      const response = create(simulator);
      simulator.setRegisteredUrl(merchant, OTHER_URL);
      gate.resolve(undefined);

      expect((await response).status).toBe(400);
      expect(received).toEqual(simulator.requests);
    });

    it.each<[string, unknown]>([
      ['an Error', new Error('from the test')],
      ['something else', 'from the test'],
    ])('and closes the connection when it throws %s', async (_case, thrown) => {
      const simulator = await startSimulator(merchant, {
        onRequest: () => {
          throw thrown;
        },
      });

      await expect(get(simulator, merchant)).rejects.toMatchObject({ code: 'ECONNRESET' });
    });
  });
});
