import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type ComplaintNotificationService,
  WechatPayArgumentError,
  WechatPayError,
} from 'nestjs-wechatpay-complaint';
import {
  createTestMerchant,
  type SimulatedRequest,
  type TestMerchant,
  WechatPaySimulator,
} from 'nestjs-wechatpay-complaint/testing';
import type { Observable } from 'rxjs';
import { CALLS, URL_NEW, URL_OLD } from '../../support/callback-url-calls.js';
import {
  closeAll,
  errorOf,
  startBench,
  startClient,
  valuesOf,
} from '../../support/client-bench.js';

const URL_OF_ANOTHER = 'https://shop.example.com/wechatpay/complaints-of-another-instance';
const PRIVATE_URL = 'http://127.0.0.1:3000/wechatpay/complaints';

let merchant: TestMerchant;

beforeAll(async () => {
  merchant = await createTestMerchant();
});
afterEach(closeAll);

const methodsOf = ({ requests }: WechatPaySimulator): string[] =>
  requests.map(({ method }) => method);

describe('create, get, update and delete', () => {
  it.each(CALLS)('$name takes effect and emits the registration once', async (call) => {
    const { service, simulator } = await startBench(merchant);
    simulator.setRegisteredUrl(merchant, call.before);
    const expected =
      call.name === 'delete' ? undefined : { mchid: merchant.mchid, url: call.after };

    expect(await valuesOf(call.run(service))).toStrictEqual([expected]);
    expect(simulator.registeredUrl(merchant)).toBe(call.after);
  });

  it.each(CALLS.filter(({ name }) => name !== 'create'))(
    '$name says what to do when no URL is registered',
    async ({ run }) => {
      const { service } = await startBench(merchant);

      expect(await errorOf(run(service))).toMatchObject({
        code: 'RESOURCE_NOT_EXISTS',
        message: expect.stringContaining(
          '[No callback URL is registered: call create() first, or use ensure().]',
        ),
      });
    },
  );

  it('get drops undocumented fields', async () => {
    const { service, simulator } = await startBench(merchant);
    const raw = JSON.stringify({ mchid: merchant.mchid, url: URL_NEW, status: 'NEW_FIELD' });
    simulator.injectFaults({ status: 200, raw, signed: true });

    expect(await valuesOf(service.get())).toStrictEqual([{ mchid: merchant.mchid, url: URL_NEW }]);
  });
});

describe('The argument of', () => {
  type Run = (
    service: ComplaintNotificationService,
    target: { url: string },
  ) => Observable<unknown>;

  const WRITES: readonly (readonly [name: string, run: Run])[] = [
    ['create', (service, target) => service.create(target)],
    ['update', (service, target) => service.update(target)],
    ['ensure', (service, target) => service.ensure(target)],
  ];

  const INVALID: readonly (readonly [target: unknown, problem: string])[] = [
    [{ url: '' }, 'must be a non-empty string'],
    [{ url: 1 }, 'must be a non-empty string'],
    [{ url: '/wechatpay/complaints' }, 'must be an absolute https:// URL'],
    [{ url: 'http://shop.example.com/complaints' }, 'must use https'],
    [{ url: 'https://shop.example.com/complaints?a=b' }, 'must not contain a query string'],
    [{ url: `https://shop.example.com/${'a'.repeat(255)}` }, 'at most 255'],
    [{ url: PRIVATE_URL }, 'allowPrivateCallbackUrls'],
    // What JavaScript may pass.
    [{}, 'must be a non-empty string'],
    [undefined, 'must be a non-empty string'],
    [null, 'must be a non-empty string'],
    ['https://shop.example.com/complaints', 'must be a non-empty string'],
  ];

  it.each(
    WRITES.flatMap(([name, run]) =>
      INVALID.map(([target, problem]) => ({ name, run, target, problem })),
    ),
  )('$name may not be $target: url $problem', async ({ run, target, problem }) => {
    const { service, simulator } = await startBench(merchant);

    const error = await errorOf(run(service, target as { url: string }));

    expect(error).toBeInstanceOf(WechatPayArgumentError);
    expect(error).toBeInstanceOf(WechatPayError);
    expect(error).toMatchObject({
      name: 'WechatPayArgumentError',
      code: 'INVALID_ARGUMENT',
      field: 'url',
    });
    expect(error).not.toHaveProperty('status');
    const { message, problems } = error as WechatPayArgumentError;
    expect(message).toContain(problem);
    expect(message).toMatch(/^url .*Nothing was sent\.$/);
    expect(problems.join()).toContain(problem);
    expect(simulator.requests).toEqual([]);
  });

  it('create is rejected with all its problems at once', async () => {
    const { service } = await startBench(merchant);

    const error = await errorOf(service.create({ url: 'http://a:b@shop.example.com:80/?c#d' }));

    expect((error as WechatPayArgumentError).problems).toHaveLength(5);
  });

  it.each(WRITES)('%s may be private with allowPrivateCallbackUrls', async (name, run) => {
    const { service, simulator } = await startBench(merchant, { allowPrivateCallbackUrls: true });
    simulator.setRegisteredUrl(merchant, name === 'create' ? undefined : URL_OLD);

    expect(await valuesOf(run(service, { url: PRIVATE_URL }))).toMatchObject([
      { url: PRIVATE_URL },
    ]);
    expect(simulator.registeredUrl(merchant)).toBe(PRIVATE_URL);
  });
});

describe('ensure', () => {
  /** `race` runs when a request has arrived and before it takes effect, as a faster instance would. */
  async function start(
    registered: string | undefined,
    race: (simulator: WechatPaySimulator, request: SimulatedRequest) => void = () => {},
  ) {
    const bench = await startBench(
      merchant,
      {},
      {
        onRequest: (request) => {
          race(bench.simulator, request);
        },
      },
    );
    bench.simulator.setRegisteredUrl(merchant, registered);
    return bench;
  }

  /** Another instance registers a URL, or none, when the first request of a method arrives. */
  function onFirst(method: string, url: string | undefined) {
    let isDone = false;
    return (simulator: WechatPaySimulator, request: SimulatedRequest): void => {
      if (isDone || request.method !== method) return;
      isDone = true;
      simulator.setRegisteredUrl(merchant, url);
    };
  }

  const ensured = (outcome: string, previous?: string) => [
    {
      mchid: merchant.mchid,
      url: URL_NEW,
      outcome,
      ...(previous !== undefined && { previous_url: previous }),
    },
  ];

  it.each<[string, string | undefined, string[]]>([
    ['created', undefined, ['GET', 'POST']],
    ['updated', URL_OLD, ['GET', 'PUT']],
    ['unchanged', URL_NEW, ['GET']],
  ])('emits %s when %s was registered before', async (outcome, registered, methods) => {
    const { service, simulator } = await start(registered);
    const previous = outcome === 'updated' ? URL_OLD : undefined;

    expect(await valuesOf(service.ensure({ url: URL_NEW }))).toStrictEqual(
      ensured(outcome, previous),
    );
    expect(methodsOf(simulator)).toEqual(methods);
    expect(simulator.registeredUrl(merchant)).toBe(URL_NEW);
  });

  it('does nothing before it is subscribed to, and starts over with every subscription', async () => {
    const { service, simulator } = await start(undefined);
    const ensure = service.ensure({ url: URL_NEW });
    simulator.setRegisteredUrl(merchant, URL_OLD);

    expect(await valuesOf(ensure)).toEqual(ensured('updated', URL_OLD));
    expect(await valuesOf(ensure)).toEqual(ensured('unchanged'));
    expect(methodsOf(simulator)).toEqual(['GET', 'PUT', 'GET']);
  });

  it.each([400, 404])('creates when RESOURCE_NOT_EXISTS comes with status %i', async (status) => {
    const { service, simulator } = await startBench(
      merchant,
      {},
      { responses: { getWhenUnset: { status, code: 'RESOURCE_NOT_EXISTS', message: '不存在' } } },
    );

    expect(await valuesOf(service.ensure({ url: URL_NEW }))).toEqual(ensured('created'));
    expect(methodsOf(simulator)).toEqual(['GET', 'POST']);
  });

  it('fails with any other error of reading, and writes nothing', async () => {
    const { service, simulator } = await start(undefined);
    simulator.injectFaults({ status: 404, code: 'NO_AUTH', message: '无权限' });

    expect(await errorOf(service.ensure({ url: URL_NEW }))).toMatchObject({ code: 'NO_AUTH' });
    expect(methodsOf(simulator)).toEqual(['GET']);
  });

  it('writes nothing when the response to reading cannot be verified', async () => {
    const { service, simulator } = await start(URL_OLD);
    simulator.injectFaults('probe');

    expect(await errorOf(service.ensure({ url: URL_NEW }))).toMatchObject({
      code: 'SIGNATURE_PROBE',
    });
    expect(methodsOf(simulator)).toEqual(['GET']);
  });

  it('changes nothing when another instance has created the same URL meanwhile', async () => {
    const { service, simulator } = await start(undefined, onFirst('POST', URL_NEW));

    expect(await valuesOf(service.ensure({ url: URL_NEW }))).toEqual(ensured('unchanged'));
    expect(methodsOf(simulator)).toEqual(['GET', 'POST', 'GET']);
  });

  it('updates when another instance has created another URL meanwhile', async () => {
    const { service, simulator } = await start(undefined, onFirst('POST', URL_OF_ANOTHER));

    expect(await valuesOf(service.ensure({ url: URL_NEW }))).toEqual(
      ensured('updated', URL_OF_ANOTHER),
    );
    expect(methodsOf(simulator)).toEqual(['GET', 'POST', 'GET', 'PUT']);
    expect(simulator.registeredUrl(merchant)).toBe(URL_NEW);
  });

  it('creates when another instance has deleted the URL meanwhile', async () => {
    const { service, simulator } = await start(URL_OLD, onFirst('PUT', undefined));

    expect(await valuesOf(service.ensure({ url: URL_NEW }))).toEqual(ensured('created'));
    expect(methodsOf(simulator)).toEqual(['GET', 'PUT', 'GET', 'POST']);
    expect(simulator.registeredUrl(merchant)).toBe(URL_NEW);
  });

  it('fails when the second write is rejected as well', async () => {
    const { service, simulator } = await start(undefined, (others, { method }) => {
      if (method === 'POST') others.setRegisteredUrl(merchant, URL_OF_ANOTHER);
      if (method === 'PUT') others.setRegisteredUrl(merchant, undefined);
    });

    expect(await errorOf(service.ensure({ url: URL_NEW }))).toMatchObject({
      name: 'WechatPayApiError',
      code: 'RESOURCE_NOT_EXISTS',
      message: expect.stringContaining('PUT'),
    });
    expect(methodsOf(simulator)).toEqual(['GET', 'POST', 'GET', 'PUT']);
  });

  it.each<[string, string | undefined, 'probe' | 'tampered' | 'unsigned']>([
    ['created', undefined, 'probe'],
    ['created', undefined, 'unsigned'],
    ['updated', URL_OLD, 'probe'],
    ['updated', URL_OLD, 'tampered'],
  ])(
    'emits %s when the write took effect but its response could not be verified (%s before, %s)',
    async (outcome, registered, fault) => {
      const { service, simulator } = await start(registered, (spoiled, { method }) => {
        if (method !== 'GET') spoiled.injectFaults(fault);
      });

      expect(await valuesOf(service.ensure({ url: URL_NEW }))).toStrictEqual(
        ensured(outcome, registered),
      );
      expect(methodsOf(simulator).at(-1)).toBe('GET');
      expect(simulator.requests).toHaveLength(3);
    },
  );

  it('writes again when the response could not be verified and another URL is registered', async () => {
    let isOthersTurn = false;
    const { service, simulator } = await start(undefined, (others, { method }) => {
      if (method === 'POST') {
        others.injectFaults('probe');
        isOthersTurn = true;
      } else if (method === 'GET' && isOthersTurn) {
        others.setRegisteredUrl(merchant, URL_OF_ANOTHER);
        isOthersTurn = false;
      }
    });

    expect(await valuesOf(service.ensure({ url: URL_NEW }))).toEqual(
      ensured('updated', URL_OF_ANOTHER),
    );
    expect(methodsOf(simulator)).toEqual(['GET', 'POST', 'GET', 'PUT']);
  });

  it.each<[string, string | undefined]>([
    ['POST', undefined],
    ['PUT', URL_OLD],
  ])('fails with the error of %s when nothing has changed since', async (method, registered) => {
    const { service, simulator } = await start(registered, (spoiled, request) => {
      if (request.method === method) {
        spoiled.injectFaults({ status: 403, code: 'NO_AUTH', message: '商户无权限' });
      }
    });

    expect(await errorOf(service.ensure({ url: URL_NEW }))).toMatchObject({
      name: 'WechatPayApiError',
      code: 'NO_AUTH',
      apiMessage: '商户无权限',
      message: expect.stringContaining(method),
    });
    expect(methodsOf(simulator)).toEqual(['GET', method, 'GET']);
    expect(simulator.registeredUrl(merchant)).toBe(registered);
  });

  it.each<[outcome: string, registered: string | undefined, method: string]>([
    ['created', undefined, 'POST'],
    ['updated', URL_OLD, 'PUT'],
  ])(
    'emits %s when the genuine response to the write is malformed',
    async (outcome, registered, method) => {
      const { service, simulator } = await start(registered, (simulated, request) => {
        if (request.method !== method) return;
        simulated.setRegisteredUrl(merchant, URL_NEW);
        simulated.injectFaults({ status: 200, raw: '{"mchid":7}', signed: true });
      });

      expect(await valuesOf(service.ensure({ url: URL_NEW }))).toStrictEqual(
        ensured(outcome, registered),
      );
      expect(methodsOf(simulator)).toEqual(['GET', method, 'GET']);
    },
  );

  it('fails with the error of the write when reading again fails as well', async () => {
    const { service } = await start(undefined, (simulated, request) => {
      if (request.method === 'POST') simulated.injectFaults('probe', 'drop');
    });

    expect(await errorOf(service.ensure({ url: URL_NEW }))).toMatchObject({
      code: 'SIGNATURE_PROBE',
    });
  });

  it('fails with the signature error of a write that has changed nothing', async () => {
    const { service, simulator } = await start(URL_OLD, (spoiled, { method }) => {
      // A forged success: WeChat Pay has not seen the request.
      if (method === 'PUT') spoiled.injectFaults({ status: 200, raw: '{}' });
    });

    expect(await errorOf(service.ensure({ url: URL_NEW }))).toMatchObject({
      name: 'WechatPaySignatureError',
      code: 'MISSING_HEADERS',
    });
    expect(simulator.registeredUrl(merchant)).toBe(URL_OLD);
  });

  it.each<[string, string | undefined, string[]]>([
    ['GET', URL_OLD, ['GET']],
    ['POST', undefined, ['GET', 'POST']],
    ['PUT', URL_OLD, ['GET', 'PUT']],
  ])('fails when %s gets no response', async (method, registered, methods) => {
    const { service, simulator } = await start(registered, (spoiled, request) => {
      if (request.method === method) spoiled.injectFaults('drop');
    });

    expect(await errorOf(service.ensure({ url: URL_NEW }))).toMatchObject({
      name: 'WechatPayNetworkError',
      code: 'ECONNRESET',
    });
    expect(methodsOf(simulator)).toEqual(methods);
  });

  it('sends every request with the settings that it was given', async () => {
    const { service, simulator } = await start(undefined, onFirst('POST', URL_OF_ANOTHER));
    await valuesOf(service.ensure({ url: URL_NEW }, { headers: { 'X-Shop': '1' } }));

    expect(simulator.requests.map(({ headers }) => headers['x-shop'])).toEqual([
      '1',
      '1',
      '1',
      '1',
    ]);
  });
});

describe('ensure without a URL', () => {
  it('registers the option callbackUrl', async () => {
    const { service, simulator } = await startBench(merchant, { callbackUrl: URL_NEW });

    expect(await valuesOf(service.ensure())).toMatchObject([{ url: URL_NEW }]);
    expect(simulator.registeredUrl(merchant)).toBe(URL_NEW);
  });

  it('fails without the option', async () => {
    const { service } = await startBench(merchant);

    expect(await errorOf(service.ensure())).toBeInstanceOf(WechatPayArgumentError);
  });
});

describe('ensureAll', () => {
  it('registers the URL of every merchant, and says for each one what it did', async () => {
    const [one, two, three, away] = await Promise.all([
      createTestMerchant(),
      createTestMerchant(),
      createTestMerchant(),
      createTestMerchant(),
    ]);
    const simulator = await WechatPaySimulator.start({ merchants: [one, two, three] });
    const callbackUrl = (mchid: string): string => `https://shop.example.com/${mchid}`;
    simulator.setRegisteredUrl(two, URL_OLD);
    const { service } = await startClient({
      merchants: [
        { ...simulator.merchantOptions(one), callbackUrl: callbackUrl(one.mchid) },
        { ...simulator.merchantOptions(two), callbackUrl: callbackUrl(two.mchid) },
        simulator.merchantOptions(three),
        { ...away.merchantOptions, callbackUrl: callbackUrl(away.mchid) },
      ],
    });
    const results = await valuesOf(service.ensureAll());
    const of = ({ mchid }: TestMerchant) => results.find((result) => result.mchid === mchid);

    expect(results).toHaveLength(4);
    // The module registers them by itself, too; whichever comes first creates.
    expect(of(one)).toMatchObject({ url: callbackUrl(one.mchid) });
    expect(of(two)).toMatchObject({ url: callbackUrl(two.mchid) });
    expect(of(three)).toEqual({ mchid: three.mchid, outcome: 'skipped' });
    expect(of(away)).toMatchObject({ outcome: 'failed', error: { code: 'ECONNREFUSED' } });
    expect(simulator.registeredUrl(one)).toBe(callbackUrl(one.mchid));
    expect(simulator.registeredUrl(three)).toBeUndefined();
    await simulator.stop();
  });

  it('fails when merchants are looked up', async () => {
    const { service } = await startClient({
      merchants: { find: () => Promise.resolve(merchant.merchantOptions) },
    });

    expect(await errorOf(service.ensureAll())).toMatchObject({ code: 'MERCHANT_NOT_NAMED' });
  });
});
