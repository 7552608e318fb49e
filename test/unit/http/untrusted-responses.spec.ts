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
import { CALLS, URL_NEW } from '../../support/callback-url-calls.js';

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

describe('A success answer that cannot be verified', () => {
  let merchant: TestMerchant;
  beforeAll(async () => {
    merchant = await createTestMerchant();
  });
  afterEach(closeAll);

  it.each(CASES)(
    'makes $call fail with $code when it is $fault',
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
      // It did: that is why the caller has to be told.
      expect(simulator.registeredUrl(merchant)).toBe(after);
      expect(simulator.requests).toHaveLength(1);
    },
  );

  describe('from a server that answers by hand', () => {
    const body = JSON.stringify({ mchid: '1900000109', url: URL_NEW });

    async function answerWith(headers: Record<string, string | string[]>) {
      const url = await startServer((_request, response) => {
        response.writeHead(200, headers).end(body);
      });
      return startClient({ ...merchant.options, baseUrls: [url] });
    }

    it('is refused when a signature header comes twice', async () => {
      const headers = signNotificationBody(merchant, body);
      const { service } = await answerWith({
        ...headers,
        'Wechatpay-Nonce': [headers['Wechatpay-Nonce'] ?? '', 'another'],
      });

      expect(await errorOf(service.get())).toMatchObject({
        name: 'WechatPaySignatureError',
        code: 'MALFORMED_HEADERS',
        message: expect.stringContaining('Wechatpay-Nonce'),
      });
    });

    it('is refused when it names the right key, but another one has signed', async () => {
      const { privateKey } = await createTestPublicKey();
      const signWith = { ...merchant.publicKey, privateKey };
      const { service } = await answerWith(signNotificationBody(merchant, body, { signWith }));

      expect(await errorOf(service.get())).toMatchObject({ code: 'SIGNATURE_MISMATCH' });
    });

    it('reports no Request-ID when there is none', async () => {
      const { service } = await answerWith({});

      const error = await errorOf(service.get());
      expect(error).toMatchObject({ code: 'MISSING_HEADERS', status: 200 });
      expect(error).not.toHaveProperty('requestId');
      expect((error as Error).message).not.toContain('Request-ID');
    });

    it('is believed when only headers that nobody signs are repeated', async () => {
      const { service } = await answerWith({
        ...signNotificationBody(merchant, body),
        'Set-Cookie': ['a=1', 'b=2'],
      });

      expect(await valuesOf(service.get())).toEqual([{ mchid: '1900000109', url: URL_NEW }]);
    });

    it('is believed without a Wechatpay-Signature-Type, which then means RSA', async () => {
      const headers = Object.fromEntries(
        Object.entries(signNotificationBody(merchant, body)).filter(
          ([name]) => name !== 'Wechatpay-Signature-Type',
        ),
      );
      const { service } = await answerWith(headers);

      expect(await valuesOf(service.get())).toEqual([{ mchid: '1900000109', url: URL_NEW }]);
    });
  });

  it('is refused or believed by the clock tolerance of the options', async () => {
    const { service, simulator } = await startBench(merchant, { clockTolerance: 660 });
    simulator.injectFaults('replayed', 'ahead');

    expect(await valuesOf(service.create({ url: URL_NEW }))).toHaveLength(1);
    expect(await valuesOf(service.get())).toHaveLength(1);
  });
});
