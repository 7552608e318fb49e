import { createPublicKey, verify, X509Certificate } from 'node:crypto';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  createTestCertificate,
  createTestMerchant,
  type SimulatedError,
  type SimulatedRequest,
  type TestMerchant,
  type TestPlatformKey,
  WechatPaySimulator,
  type WechatPaySimulatorOptions,
} from 'nestjs-wechatpay-complaint/testing';
import {
  CERTIFICATES_PATH,
  closeAll,
  startSimulator,
  URL_PATH,
} from '../../support/client-bench.js';
import { type RequestToSign, signedHeaders } from '../../support/client-http.js';
import { deferred } from '../../support/deferred.js';
import { type HttpResponse, httpPost } from '../../support/http-post.js';

const CALLBACK_URL = 'https://shop.example.com/wechatpay/complaints';
const OTHER_URL = 'https://shop.example.com/wechatpay/complaints-elsewhere';
const toBody = (url: unknown): string => JSON.stringify({ url });

describe('WechatPaySimulator', () => {
  let merchant: TestMerchant;
  let withCertificate: TestMerchant;
  beforeAll(async () => {
    merchant = await createTestMerchant();
    withCertificate = await createTestMerchant({ mode: 'certificate', mchid: '1900000110' });
  });
  afterEach(closeAll);

  /** Signed as it should be, then changed: `undefined` takes a header away. */
  function send(
    simulator: WechatPaySimulator,
    request: RequestToSign,
    changes: Readonly<Record<string, string | undefined>> = {},
    sender = merchant,
  ): Promise<HttpResponse> {
    const { method = 'GET', target, body = '' } = request;
    const headers = { ...signedHeaders(sender, request), ...changes };
    return httpPost(`${simulator.url}${target}`, headers, body, method);
  }

  const get = (simulator: WechatPaySimulator): Promise<HttpResponse> =>
    send(simulator, { target: URL_PATH });
  const write = (simulator: WechatPaySimulator, method: string, url: unknown) =>
    send(simulator, { method, target: URL_PATH, body: toBody(url) });

  /** By Node's means alone. */
  function isGenuine({ headers, text }: HttpResponse, { id, pem }: TestPlatformKey): boolean {
    const [timestamp, nonce, serial, signature] = ['timestamp', 'nonce', 'serial', 'signature'].map(
      (name) => headers[`wechatpay-${name}`]?.toString() ?? '',
    );
    return (
      serial === id &&
      verify(
        'RSA-SHA256',
        Buffer.from(`${timestamp}\n${nonce}\n${text}\n`),
        createPublicKey(pem),
        Buffer.from(signature ?? '', 'base64'),
      )
    );
  }

  const errorIn = ({ text }: HttpResponse): Partial<SimulatedError> =>
    JSON.parse(text) as Partial<SimulatedError>;

  describe('checks a request', () => {
    it.each<[string, Record<string, string | undefined>]>([
      ['without Accept', { Accept: undefined }],
      ['that accepts something else', { Accept: 'text/html' }],
      ['without User-Agent', { 'User-Agent': undefined }],
      ['without Content-Type, though it has a body', { 'Content-Type': undefined }],
      ['with another Content-Type', { 'Content-Type': 'text/plain' }],
    ])('and answers INVALID_REQUEST to one %s', async (_case, changes) => {
      const simulator = await startSimulator(merchant);
      const request = { method: 'POST', target: URL_PATH, body: toBody(CALLBACK_URL) };

      const answer = await send(simulator, request, changes);

      expect(answer.status).toBe(400);
      expect(errorIn(answer)).toEqual({ code: 'INVALID_REQUEST', message: '头部信息不完整' });
      expect(simulator.registeredUrl(merchant)).toBeUndefined();
    });

    const now = Math.floor(Date.now() / 1000);

    it.each<[string, Partial<RequestToSign>, Record<string, string | undefined>]>([
      ['without Authorization', {}, { Authorization: undefined }],
      ['with another scheme', {}, { Authorization: 'Bearer token' }],
      [
        'with half an Authorization',
        {},
        { Authorization: 'WECHATPAY2-SHA256-RSA2048 mchid="1900000109"' },
      ],
      ['of an unknown merchant', { mchid: '1900000999' }, {}],
      ['with another serial_no', { serial: '0123456789ABCDEF' }, {}],
      ['that was signed six minutes ago', { timestamp: now - 360 }, {}],
      ['that was signed six minutes ahead', { timestamp: now + 360 }, {}],
      ['that was signed for another path', { target: CERTIFICATES_PATH }, {}],
      ['that was signed for another method', { method: 'PUT' }, {}],
      ['that was signed over another body', { body: toBody(OTHER_URL) }, {}],
    ])('and answers SIGN_ERROR, unsigned, to one %s', async (_case, signed, changes) => {
      const simulator = await startSimulator(merchant);
      const body = toBody(CALLBACK_URL);
      const headers = {
        ...signedHeaders(merchant, { method: 'POST', target: URL_PATH, body, ...signed }),
        ...changes,
      };

      const answer = await httpPost(`${simulator.url}${URL_PATH}`, headers, body);

      expect(answer.status).toBe(401);
      expect(errorIn(answer)).toMatchObject({
        code: 'SIGN_ERROR',
        detail: { sign_information: { method: 'POST', url: URL_PATH } },
      });
      expect(answer.headers).not.toHaveProperty('wechatpay-signature');
      expect(simulator.registeredUrl(merchant)).toBeUndefined();
    });

    it('and answers SIGN_ERROR to one that another key has signed', async () => {
      const simulator = await startSimulator(merchant);
      const { privateKey } = withCertificate;

      const answer = await send(simulator, { target: URL_PATH, privateKey });

      expect(answer.status).toBe(401);
      const { detail } = errorIn(answer) as { detail: { sign_information: unknown } };
      expect(detail.sign_information).toEqual({
        method: 'GET',
        url: URL_PATH,
        truncated_sign_message: expect.stringMatching(/^GET\n.+\n\d+\n[0-9A-F]{32}\n\n$/),
        sign_message_length: expect.any(Number),
      });
    });

    it.each([
      ['PUB_KEY_ID_0', 400],
      ['0123456789ABCDEF', 400],
    ])(
      'and answers INVALID_REQUEST when it wants an answer signed by %s',
      async (serial, status) => {
        const simulator = await startSimulator(merchant);

        const answer = await send(simulator, { target: URL_PATH }, { 'Wechatpay-Serial': serial });

        expect(answer.status).toBe(status);
        expect(errorIn(answer)).toEqual({
          code: 'INVALID_REQUEST',
          message: 'Wechatpay-Serial 不正确',
        });
      },
    );

    it.each([
      ['a text', '"text"'],
      ['broken JSON', '{"url":'],
      ['no url', '{}'],
      ['null', toBody(null)],
      ['http', toBody('http://shop.example.com/complaints')],
      ['a query', toBody(`${CALLBACK_URL}?a=b`)],
    ])('and answers PARAM_ERROR to %s as a callback URL', async (_case, body) => {
      const simulator = await startSimulator(merchant);

      const answer = await send(simulator, { method: 'POST', target: URL_PATH, body });

      expect(answer.status).toBe(400);
      expect(errorIn(answer)).toMatchObject({
        code: 'PARAM_ERROR',
        detail: { field: 'url', location: 'body', issue: expect.stringContaining('must') },
      });
    });

    it.each([
      ['GET', '/v3/elsewhere', 404, 'RESOURCE_NOT_EXISTS'],
      ['GET', `${URL_PATH}?a=b`, 404, 'RESOURCE_NOT_EXISTS'],
      ['PATCH', URL_PATH, 405, 'METHOD_NOT_ALLOWED'],
      ['GET', CERTIFICATES_PATH, 404, 'RESOURCE_NOT_EXISTS'],
      ['DELETE', CERTIFICATES_PATH, 404, 'RESOURCE_NOT_EXISTS'],
    ])('and answers to %s %s with %i %s', async (method, target, status, code) => {
      const simulator = await startSimulator(merchant);

      const answer = await send(simulator, { method, target });

      expect(answer.status).toBe(status);
      expect(errorIn(answer)).toMatchObject({ code });
    });
  });

  describe('keeps the callback URL', () => {
    it('through the four calls', async () => {
      const simulator = await startSimulator(merchant);
      const registered = (url: string) => JSON.stringify({ mchid: merchant.mchid, url });

      expect(await write(simulator, 'POST', CALLBACK_URL)).toMatchObject({
        status: 200,
        text: registered(CALLBACK_URL),
      });
      expect(await get(simulator)).toMatchObject({ status: 200, text: registered(CALLBACK_URL) });
      expect(await write(simulator, 'PUT', OTHER_URL)).toMatchObject({
        status: 200,
        text: registered(OTHER_URL),
      });
      expect(await send(simulator, { method: 'DELETE', target: URL_PATH })).toMatchObject({
        status: 204,
        text: '',
      });
      expect(simulator.registeredUrl(merchant)).toBeUndefined();
    });

    it('of each merchant for itself', async () => {
      const simulator = await WechatPaySimulator.start({ merchants: [merchant, withCertificate] });
      try {
        simulator.setRegisteredUrl(merchant, CALLBACK_URL);
        simulator.setRegisteredUrl(withCertificate, OTHER_URL);
        const answer = await send(simulator, { target: URL_PATH }, {}, withCertificate);

        expect(answer.text).toContain(OTHER_URL);
        expect(simulator.registeredUrl(merchant)).toBe(CALLBACK_URL);
      } finally {
        await simulator.stop();
      }
    });

    it('of its merchants only', async () => {
      const simulator = await startSimulator(merchant);

      expect(() => simulator.registeredUrl(withCertificate)).toThrow(
        `The simulator does not know merchant ${withCertificate.mchid}.`,
      );
    });

    const send4 = (simulator: WechatPaySimulator, method: string): Promise<HttpResponse> =>
      method === 'POST' || method === 'PUT'
        ? write(simulator, method, CALLBACK_URL)
        : send(simulator, { method, target: URL_PATH });

    it.each([
      ['GET', undefined, 'RESOURCE_NOT_EXISTS'],
      ['POST', OTHER_URL, 'INVALID_REQUEST'],
      ['PUT', undefined, 'RESOURCE_NOT_EXISTS'],
      ['DELETE', undefined, 'RESOURCE_NOT_EXISTS'],
    ])('and answers %s with %s registered by 400 %s', async (method, registered, code) => {
      const simulator = await startSimulator(merchant);
      simulator.setRegisteredUrl(merchant, registered);

      const answer = await send4(simulator, method);

      expect(answer.status).toBe(400);
      expect(errorIn(answer)).toMatchObject({ code });
      expect(isGenuine(answer, merchant.publicKey)).toBe(true);
      expect(simulator.registeredUrl(merchant)).toBe(registered);
    });

    const refusal = { status: 409, code: 'OF_MY_OWN', message: '自定义' };

    it.each<[string, WechatPaySimulatorOptions['responses'], string | undefined]>([
      ['GET', { getWhenUnset: refusal }, undefined],
      ['POST', { createWhenSet: refusal }, OTHER_URL],
      ['PUT', { updateWhenUnset: refusal }, undefined],
      ['DELETE', { deleteWhenUnset: refusal }, undefined],
    ])(
      'and answers such a %s otherwise where that is wanted',
      async (method, responses, registered) => {
        const simulator = await startSimulator(merchant, { responses });
        simulator.setRegisteredUrl(merchant, registered);

        const answer = await send4(simulator, method);

        expect(answer.status).toBe(409);
        expect(errorIn(answer)).toEqual({ code: 'OF_MY_OWN', message: '自定义' });
        expect(simulator.registeredUrl(merchant)).toBe(registered);
      },
    );

    it.each<
      [string, WechatPaySimulatorOptions['responses'], string | undefined, string | undefined]
    >([
      ['POST', { createWhenSet: 'succeed' }, OTHER_URL, CALLBACK_URL],
      ['PUT', { updateWhenUnset: 'succeed' }, undefined, CALLBACK_URL],
      ['DELETE', { deleteWhenUnset: 'succeed' }, undefined, undefined],
    ])(
      'and lets such a %s succeed where that is wanted',
      async (method, responses, before, after) => {
        const simulator = await startSimulator(merchant, { responses });
        simulator.setRegisteredUrl(merchant, before);

        expect((await send4(simulator, method)).status).toBe(method === 'DELETE' ? 204 : 200);
        expect(simulator.registeredUrl(merchant)).toBe(after);
      },
    );
  });

  describe('signs an answer', () => {
    it('with the public key of a merchant in public-key mode', async () => {
      const simulator = await startSimulator(merchant);

      const answer = await write(simulator, 'POST', CALLBACK_URL);

      expect(isGenuine(answer, merchant.publicKey)).toBe(true);
      expect(answer.headers['wechatpay-signature-type']).toBe('WECHATPAY2-SHA256-RSA2048');
      expect(answer.headers['request-id']).toMatch(/^[0-9a-f-]{36}$/);
    });

    it('that has no body, too', async () => {
      const simulator = await startSimulator(merchant);
      simulator.setRegisteredUrl(merchant, CALLBACK_URL);

      const answer = await send(simulator, { method: 'DELETE', target: URL_PATH });

      expect(isGenuine(answer, merchant.publicKey)).toBe(true);
      expect(answer.headers).not.toHaveProperty('content-type');
    });

    it('with the newest certificate, unless the request asks for another', async () => {
      const simulator = await startSimulator(withCertificate);
      const next = await simulator.rotateCertificate(withCertificate);
      const { platformCertificate } = withCertificate;
      const ask = (serial?: string) =>
        send(simulator, { target: URL_PATH }, { 'Wechatpay-Serial': serial }, withCertificate);

      expect(isGenuine(await ask(), { ...next, pem: keyIn(next.pem) })).toBe(true);
      expect(
        isGenuine(await ask(platformCertificate.id), {
          ...platformCertificate,
          pem: keyIn(platformCertificate.pem),
        }),
      ).toBe(true);
    });

    it('in a migration with the key that the request asks for', async () => {
      const inMigration = await createTestMerchant({ mode: 'migration' });
      const simulator = await startSimulator(inMigration);
      const { publicKey, platformCertificate } = inMigration;
      const ask = (serial?: string) =>
        send(simulator, { target: URL_PATH }, { 'Wechatpay-Serial': serial }, inMigration);

      expect((await ask(publicKey.id)).headers['wechatpay-serial']).toBe(publicKey.id);
      expect((await ask()).headers['wechatpay-serial']).toBe(platformCertificate.id);
    });

    const keyIn = (certificate: string): string =>
      new X509Certificate(certificate).publicKey.export({ type: 'spki', format: 'pem' }).toString();
  });

  describe('lists certificates', () => {
    async function listedBy(simulator: WechatPaySimulator): Promise<string[]> {
      const { text } = await send(simulator, { target: CERTIFICATES_PATH }, {}, withCertificate);
      const { data } = JSON.parse(text) as { data: { serial_no: string }[] };
      return data.map(({ serial_no }) => serial_no);
    }

    it('as documented', async () => {
      const simulator = await startSimulator(withCertificate);

      const { text } = await send(simulator, { target: CERTIFICATES_PATH }, {}, withCertificate);

      expect(JSON.parse(text)).toEqual({
        data: [
          {
            serial_no: withCertificate.platformCertificate.id,
            effective_time: expect.any(String),
            expire_time: expect.any(String),
            encrypt_certificate: {
              algorithm: 'AEAD_AES_256_GCM',
              nonce: expect.stringMatching(/^.{12}$/),
              associated_data: 'certificate',
              ciphertext: expect.any(String),
            },
          },
        ],
      });
    });

    it('old and new after a rotation, or the new one alone', async () => {
      const simulator = await startSimulator(withCertificate);
      const certificate = await createTestCertificate();

      expect(await simulator.rotateCertificate(withCertificate, { certificate })).toBe(certificate);
      expect(await listedBy(simulator)).toEqual([
        withCertificate.platformCertificate.id,
        certificate.id,
      ]);

      const next = await simulator.rotateCertificate(withCertificate, { keepListed: false });
      expect(await listedBy(simulator)).toEqual([next.id]);
    });
  });

  describe('lets a test look and interfere', () => {
    it('by the requests that came in', async () => {
      const simulator = await startSimulator(merchant);
      await write(simulator, 'POST', CALLBACK_URL);

      expect(simulator.requests).toEqual([
        {
          method: 'POST',
          target: URL_PATH,
          headers: expect.objectContaining({ 'user-agent': 'test' }),
          body: toBody(CALLBACK_URL),
        },
      ]);
    });

    it('by onRequest, before a call takes effect', async () => {
      const gate = deferred<undefined>();
      const seen: SimulatedRequest[] = [];
      const simulator = await startSimulator(merchant, {
        onRequest: async (request) => {
          seen.push(request);
          await gate.promise;
        },
      });
      const answer = write(simulator, 'POST', CALLBACK_URL);
      simulator.setRegisteredUrl(merchant, OTHER_URL);
      gate.resolve(undefined);

      expect((await answer).status).toBe(400);
      expect(seen).toEqual(simulator.requests);
    });

    it.each<[string, unknown]>([
      ['an Error', new Error('from the test')],
      ['something else', 'from the test'],
    ])('by onRequest, which drops the connection when it throws %s', async (_case, thrown) => {
      const simulator = await startSimulator(merchant, {
        onRequest: () => {
          throw thrown;
        },
      });

      await expect(get(simulator)).rejects.toMatchObject({ code: 'ECONNRESET' });
    });

    it('by spoiling the next answers, in order', async () => {
      const simulator = await startSimulator(merchant);
      simulator.setRegisteredUrl(merchant, CALLBACK_URL);
      simulator.injectFaults('tampered', { status: 502, raw: '<html>' }, 'unsigned');
      simulator.injectFaults({ status: 200, raw: '{}', signed: true });

      const answers = [];
      for (let i = 0; i < 5; i += 1) answers.push(await get(simulator));

      expect(answers.map(({ status }) => status)).toEqual([200, 502, 200, 200, 200]);
      expect(answers.map((answer) => isGenuine(answer, merchant.publicKey))).toEqual([
        false,
        false,
        false,
        true,
        true,
      ]);
      expect(answers[3]?.text).toBe('{}');
    });
  });

  describe('stops', () => {
    it('although connections hang', async () => {
      const simulator = await WechatPaySimulator.start({ merchants: [merchant] });
      const arrived = deferred<undefined>();
      const hanging = await startSimulator(merchant, {
        onRequest: () => {
          arrived.resolve(undefined);
        },
      });
      hanging.injectFaults('hang');
      const answer = get(hanging).catch((error: unknown) => error);
      await arrived.promise;

      await hanging.stop();
      await simulator.stop();

      expect(await answer).toMatchObject({ code: 'ECONNRESET' });
    });

    it('and has no URL any more', async () => {
      const simulator = await WechatPaySimulator.start({ merchants: [merchant] });
      const { url } = simulator;
      await simulator.stop();

      expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
      expect(() => simulator.url).toThrow('The simulator has stopped.');
      await expect(httpPost(url, {}, '')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    });

    it('as often as it is told to', async () => {
      const simulator = await WechatPaySimulator.start({ merchants: [merchant] });
      await simulator.stop();

      await expect(simulator.stop()).resolves.toBeUndefined();
    });
  });
});
