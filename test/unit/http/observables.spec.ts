import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createTestMerchant, type TestMerchant } from 'nestjs-wechatpay-complaint/testing';
import { forkJoin, lastValueFrom, retry } from 'rxjs';
import {
  authorizationOf,
  closeAll,
  startBench,
  startClient,
  startServer,
  valuesOf,
} from '../../support/client-bench.js';
import { deferred } from '../../support/deferred.js';
import { CALLS, URL_NEW, URL_OLD } from '../../support/callback-url-calls.js';

describe('The Observable of a call', () => {
  let merchant: TestMerchant;
  beforeAll(async () => {
    merchant = await createTestMerchant();
  });
  afterEach(closeAll);

  it.each(CALLS)('$name sends nothing before it is subscribed to', async ({ before, run }) => {
    const { service, simulator } = await startBench(merchant);
    simulator.setRegisteredUrl(merchant, before);
    const call = run(service);
    // Another call completes meanwhile: the first one had the time to be sent.
    simulator.setRegisteredUrl(merchant, URL_OLD);
    await valuesOf(service.get());
    simulator.setRegisteredUrl(merchant, before);

    expect(simulator.requests).toHaveLength(1);
    await valuesOf(call);
    expect(simulator.requests).toHaveLength(2);
  });

  it.each(CALLS)('signs $name anew for every subscription', async ({ before, run }) => {
    const { service, simulator } = await startBench(merchant);
    const call = run(service);
    for (let i = 0; i < 2; i += 1) {
      simulator.setRegisteredUrl(merchant, before);
      await valuesOf(call);
    }

    const { requests } = simulator;
    expect(requests).toHaveLength(2);
    expect(new Set(requests.map((sent) => authorizationOf(sent, 'nonce_str'))).size).toBe(2);
    expect(new Set(requests.map((sent) => authorizationOf(sent, 'signature'))).size).toBe(2);
  });

  it('supports many subscriptions at once', async () => {
    const { service, simulator } = await startBench(merchant);
    simulator.setRegisteredUrl(merchant, URL_OLD);
    const call = service.get();

    const values = await lastValueFrom(forkJoin(Array.from({ length: 10 }, () => call)));

    expect(values).toEqual(Array(10).fill({ mchid: merchant.mchid, url: URL_OLD }));
    const nonces = simulator.requests.map((sent) => authorizationOf(sent, 'nonce_str'));
    expect(new Set(nonces).size).toBe(10);
  });

  it.each(CALLS)('lets retry() send $name again after a dropped connection', async (call) => {
    const { service, simulator } = await startBench(merchant);
    simulator.setRegisteredUrl(merchant, call.before);
    simulator.injectFaults('drop');

    await valuesOf(call.run(service).pipe(retry(1)));

    expect(simulator.requests).toHaveLength(2);
    expect(simulator.registeredUrl(merchant)).toBe(call.after);
    const [first, second] = simulator.requests;
    expect(authorizationOf(second, 'nonce_str')).not.toBe(authorizationOf(first, 'nonce_str'));
  });

  it('aborts the request when it is unsubscribed from', async () => {
    const arrived = deferred<ServerResponse>();
    const url = await startServer((_request, response) => {
      arrived.resolve(response);
    });
    const { service } = await startClient({
      ...merchant.options,
      baseUrls: [url],
      timeout: 600_000,
    });
    const events: unknown[] = [];
    const subscription = service.get().subscribe({
      next: (value) => events.push(value),
      error: (error: unknown) => events.push(error),
      complete: () => events.push('complete'),
    });

    const closed = once(await arrived.promise, 'close');
    subscription.unsubscribe();

    await closed;
    expect(events).toEqual([]);
  });

  it('sends nothing when it is unsubscribed from at once', async () => {
    const { service, simulator } = await startBench(merchant);
    simulator.setRegisteredUrl(merchant, URL_OLD);
    service.create({ url: URL_NEW }).subscribe().unsubscribe();
    await valuesOf(service.get());
    await valuesOf(service.get());

    expect(simulator.requests.map(({ method }) => method)).toEqual(['GET', 'GET']);
  });
});
