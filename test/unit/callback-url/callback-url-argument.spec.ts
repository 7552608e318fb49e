import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type ComplaintNotificationService,
  WechatPayArgumentError,
  WechatPayError,
} from 'nestjs-wechatpay-complaint';
import { createTestMerchant, type TestMerchant } from 'nestjs-wechatpay-complaint/testing';
import type { Observable } from 'rxjs';
import { closeAll, errorOf, startBench, valuesOf } from '../../support/client-bench.js';

type Run = (service: ComplaintNotificationService, url: string) => Observable<unknown>;

const WRITES: readonly (readonly [name: string, run: Run])[] = [
  ['create', (service, url) => service.create({ url })],
  ['update', (service, url) => service.update({ url })],
  ['ensure', (service, url) => service.ensure({ url })],
];

const PRIVATE_URL = 'http://127.0.0.1:3000/wechatpay/complaints';

describe('The argument url', () => {
  let merchant: TestMerchant;
  beforeAll(async () => {
    merchant = await createTestMerchant();
  });
  afterEach(closeAll);

  it.each(
    WRITES.flatMap(([name, run]) =>
      [
        ['', 'must be a non-empty string'],
        [undefined as never, 'must be a non-empty string'],
        ['/wechatpay/complaints', 'must be an absolute https:// URL'],
        ['http://shop.example.com/complaints', 'must use https'],
        ['https://shop.example.com/complaints?a=b', 'must not contain a query string'],
        [`https://shop.example.com/${'a'.repeat(255)}`, 'at most 255'],
        [PRIVATE_URL, 'allowPrivateCallbackUrls'],
      ].map(([url, problem]) => ({ name, run, url: url ?? '', problem: problem ?? '' })),
    ),
  )('of $name may not be $url: it $problem', async ({ run, url, problem }) => {
    const { service, simulator } = await startBench(merchant);

    const error = await errorOf(run(service, url));

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

  it('is told of all its faults at once', async () => {
    const { service } = await startBench(merchant);

    const error = await errorOf(service.create({ url: 'http://a:b@shop.example.com:80/?c#d' }));

    expect((error as WechatPayArgumentError).problems).toHaveLength(5);
  });

  it.each(WRITES)(
    'of %s may be private where allowPrivateCallbackUrls permits it',
    async (name, run) => {
      const { service, simulator } = await startBench(merchant, { allowPrivateCallbackUrls: true });
      simulator.setRegisteredUrl(
        merchant,
        name === 'create' ? undefined : 'https://old.example.com/',
      );

      expect(await valuesOf(run(service, PRIVATE_URL))).toMatchObject([{ url: PRIVATE_URL }]);
      expect(simulator.registeredUrl(merchant)).toBe(PRIVATE_URL);
    },
  );
});
