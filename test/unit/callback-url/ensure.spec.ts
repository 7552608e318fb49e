import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  createTestMerchant,
  type SimulatedRequest,
  type TestMerchant,
  type WechatPaySimulator,
} from 'nestjs-wechatpay-complaint/testing';
import { closeAll, errorOf, startBench, valuesOf } from '../../support/client-bench.js';
import { URL_NEW, URL_OLD } from '../../support/callback-url-calls.js';

const URL_OF_ANOTHER = 'https://shop.example.com/wechatpay/complaints-of-another-instance';

const methodsOf = ({ requests }: WechatPaySimulator): string[] =>
  requests.map(({ method }) => method);

describe('ensure', () => {
  let merchant: TestMerchant;
  beforeAll(async () => {
    merchant = await createTestMerchant();
  });
  afterEach(closeAll);

  /** `race` runs when a request arrives, before it takes effect: another instance is faster. */
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

  /** Lets another instance register (or remove) a URL when the first request of a method arrives. */
  function onFirst(method: string, url: string | undefined) {
    let isDone = false;
    return (simulator: WechatPaySimulator, request: SimulatedRequest): void => {
      if (isDone || request.method !== method) return;
      isDone = true;
      simulator.setRegisteredUrl(merchant, url);
    };
  }

  const ensured = (outcome: string) => [{ mchid: merchant.mchid, url: URL_NEW, outcome }];

  it.each<[string, string | undefined, string[]]>([
    ['created', undefined, ['GET', 'POST']],
    ['updated', URL_OLD, ['GET', 'PUT']],
    ['unchanged', URL_NEW, ['GET']],
  ])('tells %s when %s was registered before', async (outcome, registered, methods) => {
    const { service, simulator } = await start(registered);

    expect(await valuesOf(service.ensure({ url: URL_NEW }))).toStrictEqual(ensured(outcome));
    expect(methodsOf(simulator)).toEqual(methods);
    expect(simulator.registeredUrl(merchant)).toBe(URL_NEW);
  });

  it('does nothing before it is subscribed to, and begins anew each time', async () => {
    const { service, simulator } = await start(undefined);
    const ensure = service.ensure({ url: URL_NEW });
    simulator.setRegisteredUrl(merchant, URL_OLD);

    expect(await valuesOf(ensure)).toEqual(ensured('updated'));
    expect(await valuesOf(ensure)).toEqual(ensured('unchanged'));
    expect(methodsOf(simulator)).toEqual(['GET', 'PUT', 'GET']);
  });

  it.each([400, 404])('creates when nothing is registered, said with status %i', async (status) => {
    const { service, simulator } = await startBench(
      merchant,
      {},
      { responses: { getWhenUnset: { status, code: 'RESOURCE_NOT_EXISTS', message: '不存在' } } },
    );

    expect(await valuesOf(service.ensure({ url: URL_NEW }))).toEqual(ensured('created'));
    expect(methodsOf(simulator)).toEqual(['GET', 'POST']);
  });

  it('passes on any other error of reading, and writes nothing', async () => {
    const { service, simulator } = await start(undefined);
    simulator.injectFaults({ status: 404, code: 'NO_AUTH', message: '无权限' });

    expect(await errorOf(service.ensure({ url: URL_NEW }))).toMatchObject({ code: 'NO_AUTH' });
    expect(methodsOf(simulator)).toEqual(['GET']);
  });

  it('writes nothing on an answer to reading that is not genuine', async () => {
    const { service, simulator } = await start(URL_OLD);
    simulator.injectFaults('probe');

    expect(await errorOf(service.ensure({ url: URL_NEW }))).toMatchObject({
      code: 'SIGNATURE_PROBE',
    });
    expect(methodsOf(simulator)).toEqual(['GET']);
  });

  it('leaves alone what another instance created meanwhile', async () => {
    const { service, simulator } = await start(undefined, onFirst('POST', URL_NEW));

    expect(await valuesOf(service.ensure({ url: URL_NEW }))).toEqual(ensured('unchanged'));
    expect(methodsOf(simulator)).toEqual(['GET', 'POST', 'GET']);
  });

  it('updates what another instance created differently meanwhile', async () => {
    const { service, simulator } = await start(undefined, onFirst('POST', URL_OF_ANOTHER));

    expect(await valuesOf(service.ensure({ url: URL_NEW }))).toEqual(ensured('updated'));
    expect(methodsOf(simulator)).toEqual(['GET', 'POST', 'GET', 'PUT']);
    expect(simulator.registeredUrl(merchant)).toBe(URL_NEW);
  });

  it('creates again what another instance deleted meanwhile', async () => {
    const { service, simulator } = await start(URL_OLD, onFirst('PUT', undefined));

    expect(await valuesOf(service.ensure({ url: URL_NEW }))).toEqual(ensured('created'));
    expect(methodsOf(simulator)).toEqual(['GET', 'PUT', 'GET', 'POST']);
    expect(simulator.registeredUrl(merchant)).toBe(URL_NEW);
  });

  it('gives up when the second write is refused as well', async () => {
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
    'finds out that it has %s although the answer was not to be trusted (%s before, %s)',
    async (outcome, registered, fault) => {
      const { service, simulator } = await start(registered, (spoiled, { method }) => {
        if (method !== 'GET') spoiled.injectFaults(fault);
      });

      expect(await valuesOf(service.ensure({ url: URL_NEW }))).toStrictEqual(ensured(outcome));
      expect(methodsOf(simulator).at(-1)).toBe('GET');
      expect(simulator.requests).toHaveLength(3);
    },
  );

  it('writes again when the answer was not to be trusted and another URL is registered now', async () => {
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

    expect(await valuesOf(service.ensure({ url: URL_NEW }))).toEqual(ensured('updated'));
    expect(methodsOf(simulator)).toEqual(['GET', 'POST', 'GET', 'PUT']);
  });

  it.each<[string, string | undefined]>([
    ['POST', undefined],
    ['PUT', URL_OLD],
  ])('passes on the refusal of %s when nothing has changed since', async (method, registered) => {
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
    'tells %s when the genuine answer to that cannot be read',
    async (outcome, registered, method) => {
      const { service, simulator } = await start(registered, (simulated, request) => {
        if (request.method !== method) return;
        simulated.setRegisteredUrl(merchant, URL_NEW);
        simulated.injectFaults({ status: 200, raw: '{"mchid":7}', signed: true });
      });

      expect(await valuesOf(service.ensure({ url: URL_NEW }))).toStrictEqual(ensured(outcome));
      expect(methodsOf(simulator)).toEqual(['GET', method, 'GET']);
    },
  );

  it('passes on why the write failed when reading again fails as well', async () => {
    const { service } = await start(undefined, (simulated, request) => {
      if (request.method === 'POST') simulated.injectFaults('probe', 'drop');
    });

    expect(await errorOf(service.ensure({ url: URL_NEW }))).toMatchObject({
      code: 'SIGNATURE_PROBE',
    });
  });

  it('passes on the distrust of an answer when nothing has changed since', async () => {
    const { service, simulator } = await start(URL_OLD, (spoiled, { method }) => {
      // Signed by a stranger, who has changed nothing.
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
  ])('passes on that no answer came to %s', async (method, registered, methods) => {
    const { service, simulator } = await start(registered, (spoiled, request) => {
      if (request.method === method) spoiled.injectFaults('drop');
    });

    expect(await errorOf(service.ensure({ url: URL_NEW }))).toMatchObject({
      name: 'WechatPayNetworkError',
      code: 'ECONNRESET',
    });
    expect(methodsOf(simulator)).toEqual(methods);
  });

  it('takes its settings along into every call', async () => {
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
