import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { WechatPayError, WechatPaySignatureError } from 'nestjs-wechatpay-complaint';
import {
  createTestMerchant,
  createTestPublicKey,
  type SimulatedFault,
  signNotificationBody,
  type TestMerchant,
} from 'nestjs-wechatpay-complaint/testing';
import {
  closeAll,
  errorOf,
  startBench,
  startClient,
  startServer,
  URL_PATH,
  valuesOf,
} from '../../support/client-bench.js';
import { CALLS, URL_NEW, URL_OLD } from '../../support/callback-url-calls.js';

const FAULTS: readonly (readonly [fault: SimulatedFault & string, code: string])[] = [
  ['tampered', 'SIGNATURE_MISMATCH'],
  ['unsigned', 'MISSING_HEADERS'],
  ['replayed', 'TIMESTAMP_TOO_OLD'],
  ['ahead', 'TIMESTAMP_TOO_NEW'],
  ['probe', 'SIGNATURE_PROBE'],
  ['unknown-serial', 'UNKNOWN_SERIAL'],
  ['wrong-type', 'UNSUPPORTED_SIGNATURE_TYPE'],
];

const CASES = CALLS.flatMap((call) =>
  FAULTS.map(([fault, code]) => ({ ...call, call: call.name, fault, code })),
);

describe('A successful response that cannot be verified', () => {
  let merchant: TestMerchant;
  beforeAll(async () => {
    merchant = await createTestMerchant();
  });
  afterEach(closeAll);

  it.each(CASES)(
    'fails $call with $code when it is $fault',
    async ({ method, before, after, fault, code, run }) => {
      const { service, simulator } = await startBench(merchant);
      simulator.setRegisteredUrl(merchant, before);
      simulator.injectFaults(fault);

      const error = await errorOf(run(service));

      expect(error).toBeInstanceOf(WechatPaySignatureError);
      expect(error).toBeInstanceOf(WechatPayError);
      expect(error).toMatchObject({
        name: 'WechatPaySignatureError',
        code,
        status: method === 'DELETE' ? 204 : 200,
        requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      });
      const { message, requestId } = error as WechatPaySignatureError;
      expect(message).toContain(`${method} ${URL_PATH}`);
      expect(message).toContain(code);
      expect(message).toContain('may have taken effect');
      expect(message).toContain(`Request-ID ${requestId}`);
      // It did take effect, so the caller has to know that the outcome is uncertain.
      expect(simulator.registeredUrl(merchant)).toBe(after);
      expect(simulator.requests).toHaveLength(1);
    },
  );

  describe('from a server with headers of its own', () => {
    const body = JSON.stringify({ mchid: '1900000109', url: URL_NEW });

    async function respondWith(headers: Record<string, string | string[]>) {
      const url = await startServer((_request, response) => {
        response.writeHead(200, headers).end(body);
      });
      return startClient({ ...merchant.options, baseUrls: [url] });
    }

    it('is rejected when a signature header is repeated', async () => {
      const headers = signNotificationBody(merchant, body);
      const { service } = await respondWith({
        ...headers,
        'Wechatpay-Nonce': [headers['Wechatpay-Nonce'] ?? '', 'another'],
      });

      expect(await errorOf(service.get())).toMatchObject({
        name: 'WechatPaySignatureError',
        code: 'MALFORMED_HEADERS',
        message: expect.stringContaining('Wechatpay-Nonce'),
      });
    });

    it('is rejected when another key has signed than the one it names', async () => {
      const { privateKey } = await createTestPublicKey();
      const signWith = { ...merchant.publicKey, privateKey };
      const { service } = await respondWith(signNotificationBody(merchant, body, { signWith }));

      expect(await errorOf(service.get())).toMatchObject({ code: 'SIGNATURE_MISMATCH' });
    });

    it('is reported without a Request-ID when it has none', async () => {
      const { service } = await respondWith({});

      const error = await errorOf(service.get());
      expect(error).toMatchObject({ code: 'MISSING_HEADERS', status: 200 });
      expect(error).not.toHaveProperty('requestId');
      expect((error as Error).message).not.toContain('Request-ID');
    });

    it('is accepted when only other headers are repeated', async () => {
      const { service } = await respondWith({
        ...signNotificationBody(merchant, body),
        'Set-Cookie': ['a=1', 'b=2'],
      });

      expect(await valuesOf(service.get())).toEqual([{ mchid: '1900000109', url: URL_NEW }]);
    });

    it('is accepted without Wechatpay-Signature-Type, which then means RSA', async () => {
      const headers = Object.fromEntries(
        Object.entries(signNotificationBody(merchant, body)).filter(
          ([name]) => name !== 'Wechatpay-Signature-Type',
        ),
      );
      const { service } = await respondWith(headers);

      expect(await valuesOf(service.get())).toEqual([{ mchid: '1900000109', url: URL_NEW }]);
    });
  });

  it('is accepted within the clock tolerance of the options', async () => {
    const { service, simulator } = await startBench(merchant, { clockTolerance: 660 });
    simulator.injectFaults('replayed', 'ahead');

    expect(await valuesOf(service.create({ url: URL_NEW }))).toHaveLength(1);
    expect(await valuesOf(service.get())).toHaveLength(1);
  });
});

describe('A genuine response that is not as documented', () => {
  let merchant: TestMerchant;
  beforeAll(async () => {
    merchant = await createTestMerchant();
  });
  afterEach(closeAll);

  it.each([
    ['not JSON', 'hello'],
    ['empty', ''],
    ['a list', '[]'],
    ['null', 'null'],
    ['without mchid', JSON.stringify({ url: URL_OLD })],
    ['without url', JSON.stringify({ mchid: '1900000109' })],
    ['with a mchid that is a number', JSON.stringify({ mchid: 1900000109, url: URL_OLD })],
    ['with a url that is null', JSON.stringify({ mchid: '1900000109', url: null })],
  ])('becomes MALFORMED_RESPONSE when it is %s', async (_case, raw) => {
    const { service, simulator } = await startBench(merchant);
    simulator.injectFaults({ status: 200, raw, signed: true });

    expect(await errorOf(service.get())).toMatchObject({
      name: 'WechatPayApiError',
      code: 'MALFORMED_RESPONSE',
      status: 200,
      requestId: expect.any(String),
    });
  });

  it('becomes MALFORMED_RESPONSE when it is not UTF-8', async () => {
    const body = Buffer.from('{"mchid":"1900000109","url":"\xff"}', 'latin1');
    const url = await startServer((_request, response) => {
      response.writeHead(200, signNotificationBody(merchant, body)).end(body);
    });
    const { service } = await startClient({ ...merchant.options, baseUrls: [url] });

    expect(await errorOf(service.get())).toMatchObject({ code: 'MALFORMED_RESPONSE' });
  });

  it('does not fail delete, which has no response body to read', async () => {
    const { service, simulator } = await startBench(merchant);
    simulator.injectFaults({ status: 200, raw: 'hello', signed: true });

    const emitted: unknown[] = [];
    await service.delete().forEach((value) => emitted.push(value));
    expect(emitted).toEqual([undefined]);
  });
});
